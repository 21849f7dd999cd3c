package io.tailwater.contract;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;

/**
 * What a redaction does: it takes the content out of an event, and out of those that are about this
 * event, such as its edits. The event stays, with its id. An event that is about an entry keeps its
 * content, since the entry has it, too: it is changed by another write. The fold applies redactions
 * to what it stores, gateways to what they hold. Stateless.
 */
public final class Redaction {
  /** The type of events that redact others. */
  public static final String TYPE = "redact";

  private Redaction() {}

  /** Whether an event redacts another. */
  public static boolean is(Event event) {
    return event.hasOf() && event.getType().equals(TYPE);
  }

  /** Whether an event of the same channel has content that a redaction takes out. */
  public static boolean concerns(Event redaction, Event event) {
    long of = redaction.getOf();
    return (event.getOffset() == of || event.hasOf() && event.getOf() == of)
        && event.getOffset() < redaction.getOffset()
        && isOpen(event);
  }

  /** Whether an event has content that can be taken out. */
  public static boolean isOpen(Event event) {
    return !event.getRedacted() && event.getEntry().isEmpty() && !is(event);
  }

  /** The event without its content. */
  public static Event of(Event event) {
    return event.toBuilder()
        .setData(ByteString.EMPTY)
        .clearContentType()
        .setKind(DataKind.JSON)
        .setRedacted(true)
        .build();
  }
}
