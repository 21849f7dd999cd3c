package io.tailwater.edge.frames;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ClientFrame;

/** What came of reading a client's message. */
sealed interface ClientMessage {
  /** A frame with an id. */
  record Asked(ClientFrame frame) implements ClientMessage {}

  /** It can be read, so it is answered, with its id or with 0 if the id itself is wrong. */
  record Refused(long id, RequestException refusal) implements ClientMessage {}

  /** There is nothing that an answer could name. */
  record Unreadable(String reason) implements ClientMessage {}

  static ClientMessage of(ClientFrame frame) {
    return frame.getId() >= 1 ? new Asked(frame) : frame.getId() < 0 ? badId() : withoutId();
  }

  /** A frame whose id is not a number that an answer could have. */
  static ClientMessage badId() {
    return new Refused(
        0,
        new RequestException(
            ErrorCode.INVALID_REQUEST,
            "'id' of a frame is a whole number, 1 or more; this frame was not carried out"));
  }

  static ClientMessage refused(long id, RequestException refusal) {
    return id >= 1 ? new Refused(id, refusal) : withoutId();
  }

  static ClientMessage unreadable(String reason) {
    return new Unreadable(reason);
  }

  private static ClientMessage withoutId() {
    return new Unreadable("a frame has an id of its own, 1 or more");
  }
}
