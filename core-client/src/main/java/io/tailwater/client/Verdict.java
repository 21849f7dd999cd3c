package io.tailwater.client;

import io.tailwater.contract.Conflict;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.StateEntry;
import org.jspecify.annotations.Nullable;

/** What became of a publish request. */
public sealed interface Verdict {
  /**
   * The event is in the log.
   *
   * @param id the event's id; the first one's if this is a duplicate
   * @param duplicate an earlier request with the same key had stored it
   * @param written what became of its entry; null if it is about none
   */
  record Stored(Position id, boolean duplicate, @Nullable Written written) implements Verdict {
    /** An event that is about no entry. */
    public Stored(Position id, boolean duplicate) {
      this(id, duplicate, null);
    }
  }

  /**
   * What an event did to its entry.
   *
   * @param version the entry's version after it
   * @param superseded the entry had been written with a later {@code at}, so that it changed
   *     nothing
   */
  record Written(Position version, boolean superseded) {}

  /** Not stored, since the entry is not as the request needs it. Its key is unused. */
  record Conflicting(Conflict conflict) implements Verdict {}

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

  /**
   * The stored event.
   *
   * @throws RequestException why the event is not stored
   */
  default Stored stored() {
    return switch (this) {
      case Stored stored -> stored;
      case Closed _ ->
          throw new RequestException(
              ErrorCode.CLOSED, "the channel is closed: nothing can be added to it");
      case Conflicting(Conflict conflict) -> throw RequestException.of(conflict);
      case Refused(ErrorCode code, String message) -> throw new RequestException(code, message);
      case Unknown _ ->
          throw new RequestException(
              ErrorCode.UNAVAILABLE,
              "whether this was published is unknown: try again with the same Idempotency-Key");
    };
  }

  /** Reads the verdict of an event-core. */
  static Verdict of(PublishVerdict verdict) {
    return switch (verdict.getOutcome()) {
      case STORED -> new Stored(id(verdict), false, written(verdict));
      case DUPLICATE -> new Stored(id(verdict), true, written(verdict));
      case CONFLICT -> new Conflicting(new Conflict(verdict.getReason(), current(verdict)));
      case CLOSED -> new Closed();
      case REFUSED -> new Refused(ErrorCode.ofWire(verdict.getCode()), verdict.getMessage());
      case UNAVAILABLE -> new Unknown(verdict.getMessage());
      case OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
          new Unknown("event-core returned a verdict that this version does not know");
    };
  }

  private static @Nullable Written written(PublishVerdict verdict) {
    return verdict.hasVersion()
        ? new Written(
            new Position(new Epoch(verdict.getEpoch()), verdict.getVersion()),
            verdict.getSuperseded())
        : null;
  }

  private static Conflict.@Nullable Current current(PublishVerdict verdict) {
    if (!verdict.hasCurrent()) {
      return null;
    }
    StateEntry entry = verdict.getCurrent();
    return new Conflict.Current(
        new Position(new Epoch(verdict.getEpoch()), entry.getVersion()).toString(),
        entry.getData(),
        entry.getKind());
  }

  private static Position id(PublishVerdict verdict) {
    return new Position(new Epoch(verdict.getEpoch()), verdict.getOffset());
  }
}
