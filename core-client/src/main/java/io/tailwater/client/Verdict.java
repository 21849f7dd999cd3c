package io.tailwater.client;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.PublishVerdict;

/** What became of a publish request. */
public sealed interface Verdict {
  /**
   * The event is in the log.
   *
   * @param id the event's id; the first one's if this is a duplicate
   * @param duplicate an earlier request with the same key had stored it
   */
  record Stored(Position id, boolean duplicate) implements Verdict {}

  /** Not stored: the channel was closed before. */
  record Closed() implements Verdict {}

  /**
   * Not stored, and it never will be.
   *
   * @param code {@code rate_limited} if too much waits for the log here; other codes are the
   *     event-core's
   * @param message what was wrong and what is accepted, for the client
   */
  record Refused(ErrorCode code, String message) implements Verdict {}

  /**
   * It may or may not be in the log. A request with a key can be sent again: it is stored once.
   *
   * @param why for logs
   */
  record Unknown(String why) implements Verdict {}

  /** Reads the verdict of an event-core. */
  static Verdict of(PublishVerdict verdict) {
    return switch (verdict.getOutcome()) {
      case STORED -> new Stored(id(verdict), false);
      case DUPLICATE -> new Stored(id(verdict), true);
      case CLOSED -> new Closed();
      case REFUSED -> new Refused(ErrorCode.ofWire(verdict.getCode()), verdict.getMessage());
      case UNAVAILABLE -> new Unknown(verdict.getMessage());
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          new Unknown("event-core returned a verdict that this version does not know");
    };
  }

  private static Position id(PublishVerdict verdict) {
    return new Position(new Epoch(verdict.getEpoch()), verdict.getOffset());
  }
}
