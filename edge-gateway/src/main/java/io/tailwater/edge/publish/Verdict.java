package io.tailwater.edge.publish;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.PublishVerdict;

/**
 * What the log says of a publication that is in it.
 *
 * @param id the event's id; the first one's if this is a duplicate
 */
public record Verdict(Position id, boolean duplicate) {
  static Verdict of(PublishVerdict verdict, boolean duplicate) {
    return new Verdict(new Position(new Epoch(verdict.getEpoch()), verdict.getOffset()), duplicate);
  }

  String json() {
    return "{\"id\":\"" + id + "\",\"duplicate\":" + duplicate + "}";
  }
}
