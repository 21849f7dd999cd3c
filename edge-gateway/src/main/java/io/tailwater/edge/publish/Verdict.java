package io.tailwater.edge.publish;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.PublishVerdict;

/**
 * What the log says of a publication that is in it.
 *
 * @param id the event's id; the first one's if this is a duplicate; empty for an ephemeral event
 */
public record Verdict(String id, boolean duplicate) {
  /** An ephemeral event was passed on. */
  static final Verdict PASSED_ON = new Verdict("", false);

  static Verdict of(PublishVerdict verdict, boolean duplicate) {
    Position id = new Position(new Epoch(verdict.getEpoch()), verdict.getOffset());
    return new Verdict(id.toString(), duplicate);
  }

  String json() {
    String named = id.isEmpty() ? "" : "\"id\":\"" + id + "\",";
    return "{" + named + "\"duplicate\":" + duplicate + "}";
  }
}
