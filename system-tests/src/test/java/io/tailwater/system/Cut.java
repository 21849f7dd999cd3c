package io.tailwater.system;

/** How a reader's connection ends. */
enum Cut {
  /** In order: the other side reads an end. */
  CLOSE,
  /** Hard: the other side gets an error, and what was under way is thrown away. */
  RESET
}
