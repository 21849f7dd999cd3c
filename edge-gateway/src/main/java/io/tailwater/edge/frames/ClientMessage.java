package io.tailwater.edge.frames;

import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ClientFrame;

/** What came of reading a client's message. */
sealed interface ClientMessage {
  /** A frame with an id. */
  record Asked(ClientFrame frame) implements ClientMessage {}

  /** Its id can be read, so it is answered; the rest is wrong. */
  record Refused(long id, RequestException refusal) implements ClientMessage {}

  /** There is nothing that an answer could name. */
  record Unreadable(String reason) implements ClientMessage {}

  static ClientMessage of(ClientFrame frame) {
    return frame.getId() >= 1 ? new Asked(frame) : withoutId();
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
