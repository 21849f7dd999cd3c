package io.tailwater.edge.log;

import io.tailwater.contract.Redaction;
import io.tailwater.contract.v1.Event;
import java.util.ArrayList;
import java.util.List;

/** Applies redactions to events that this gateway has received before them. Stateless. */
public final class Redactions {
  private Redactions() {}

  /** Those of a segment that redact others, in their order. */
  public static List<Event> of(List<Event> events) {
    List<Event> found = List.of();
    for (Event event : events) {
      if (Redaction.is(event)) {
        found = found.isEmpty() ? new ArrayList<>(1) : found;
        found.add(event);
      }
    }
    return found;
  }

  /** The events without what a redaction takes out; the same list if that is nothing. */
  public static List<Event> apply(Event redaction, List<Event> events) {
    List<Event> left = events;
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      if (event.getChannelKey().equals(redaction.getChannelKey())
          && Redaction.concerns(redaction, event)) {
        left = left == events ? new ArrayList<>(events) : left;
        left.set(i, Redaction.of(event));
      }
    }
    return left;
  }
}
