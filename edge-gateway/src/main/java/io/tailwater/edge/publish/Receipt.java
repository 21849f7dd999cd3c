package io.tailwater.edge.publish;

import io.tailwater.client.Verdict.Stored;

/**
 * What a publisher gets for an event that was published.
 *
 * @param id the event's id; the first one's if this is a duplicate; empty for an ephemeral event
 */
public record Receipt(String id, boolean duplicate) {
  /** An ephemeral event was passed on. */
  static final Receipt PASSED_ON = new Receipt("", false);

  static Receipt of(Stored stored) {
    return new Receipt(stored.id().toString(), stored.duplicate());
  }

  String json() {
    String named = id.isEmpty() ? "" : "\"id\":\"" + id + "\",";
    return "{" + named + "\"duplicate\":" + duplicate + "}";
  }
}
