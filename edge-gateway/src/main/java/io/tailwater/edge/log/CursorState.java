package io.tailwater.edge.log;

/** What a {@link Cursor} does. */
enum CursorState {
  /** The log was asked, and the tail has yet to come. */
  OPENING(false, false),
  /** Delivers the state of its channel: the next block of a snapshot is to be read. */
  SNAPSHOT(true, false),
  /** Delivers what was in the log when it joined its tail. */
  REPLAYING(true, false),
  /** Has everything that came here; the log is known to hold more, which is to follow. */
  EXPECTING(true, false),
  /** Has everything, or is about to; its reader knows. */
  LIVE(true, true),
  /** Was live, and its reader could not take what there was. */
  BEHIND(true, true),
  /** Then its tail evicted what comes next. */
  SLOW(true, true),
  /** Then it skipped to a later position, and is not live again. */
  SKIPPED(true, false),
  /**
   * Lies below the floor, or in a snapshot, and has asked for a page. What it did before, it does
   * afterwards.
   */
  AWAITING_PAGE(true, false),
  /** The same, and it may not ask for a page yet. */
  PAUSED(true, false),
  /** Its channel is closed, and everything is delivered. */
  ENDED(false, false),
  /** Nobody reads it any more. */
  LEFT(false, false);

  private final boolean reads;
  private final boolean announced;

  CursorState(boolean reads, boolean announced) {
    this.reads = reads;
    this.announced = announced;
  }

  /** Whether it has a tail, and goes on delivering sooner or later. */
  boolean reads() {
    return reads;
  }

  /** Whether its reader was told last that it is live. */
  boolean announced() {
    return announced;
  }

  /** The state after a reset: it replays from another position, and is still slow if it was. */
  CursorState reset() {
    return switch (this) {
      case REPLAYING, EXPECTING, LIVE, BEHIND -> REPLAYING;
      case SLOW, SKIPPED -> SKIPPED;
      case SNAPSHOT, OPENING, AWAITING_PAGE, PAUSED, ENDED, LEFT -> this;
    };
  }

  /** The state once everything of its replay is delivered, of which its reader is told. */
  CursorState announce() {
    return this == SKIPPED ? SLOW : LIVE;
  }
}
