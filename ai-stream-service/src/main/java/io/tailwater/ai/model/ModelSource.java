package io.tailwater.ai.model;

import java.util.Map;

/** Models that somebody else offers, so that they may come and go. Any thread. */
public interface ModelSource {
  /** Offers nothing. */
  ModelSource NONE = Map::of;

  /**
   * The models by their names, in an order; may block for a few seconds.
   *
   * @throws ModelException if it is not known which there are
   */
  Map<String, Model> byName() throws ModelException, InterruptedException;
}
