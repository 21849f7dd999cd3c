package io.tailwater.system.clients;

/** How a reader's connection ends. */
public enum Cut {
  /** In order: the other side reads an end. */
  CLOSE,
  /** Hard: the other side gets an error, and what was under way is thrown away. */
  RESET
}
