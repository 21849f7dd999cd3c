package io.tailwater.edge.log;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where a run keeps its encoding in one format. Each format takes a slot when it is constructed and
 * keeps it for the life of the process. Immutable.
 */
public final class FormatSlot {
  /** How many formats a process may have: far more than it needs, so that a leak is noticed. */
  static final int MAX_FORMATS = 256;

  private static final AtomicInteger TAKEN = new AtomicInteger();

  private final int index;

  private FormatSlot(int index) {
    this.index = index;
  }

  /**
   * Takes the next free slot.
   *
   * @throws IllegalStateException if {@value #MAX_FORMATS} formats have one
   */
  public static FormatSlot take() {
    int index = TAKEN.getAndUpdate(taken -> taken == MAX_FORMATS ? MAX_FORMATS : taken + 1);
    if (index == MAX_FORMATS) {
      throw new IllegalStateException(
          "a process has at most " + MAX_FORMATS + " wire formats; is one constructed repeatedly?");
    }
    return new FormatSlot(index);
  }

  /** How many slots are taken. */
  static int taken() {
    return TAKEN.get();
  }

  int index() {
    return index;
  }
}
