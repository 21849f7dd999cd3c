package io.tailwater.edge.log;

import io.tailwater.contract.v1.SlowReaders;

/** What a cursor does whose tail no longer holds what comes next: the policy of slow readers. */
enum BelowFloor {
  /** Read it from the log. */
  READ_PAGE,
  /** Go on with the newest run, and announce what is left out. */
  SKIP_TO_NEWEST,
  /** Deliver nothing more: the reader ends itself, and its client comes back. */
  STOP;

  /**
   * Decides. Only a reader that was live, and fell behind, is slow: one that replays what it missed
   * elsewhere reads all of it, whatever the policy.
   *
   * @param state one in which a cursor delivers
   * @param policy what the namespace says of slow readers
   * @param holdsRuns whether the tail holds a run to skip to
   */
  static BelowFloor of(CursorState state, SlowReaders policy, boolean holdsRuns) {
    return switch (state) {
      case REPLAYING, EXPECTING, LIVE -> READ_PAGE;
      case BEHIND, SLOW, SKIPPED ->
          switch (policy) {
            case LAG, UNRECOGNIZED -> READ_PAGE;
            // The newest run is not skipped: its event may be the last one, and close the channel.
            case LATEST -> holdsRuns ? SKIP_TO_NEWEST : READ_PAGE;
            case DISCONNECT -> STOP;
          };
      case SNAPSHOT, OPENING, AWAITING_PAGE, PAUSED, ENDED, LEFT ->
          throw new IllegalArgumentException("a cursor that is " + state + " delivers nothing");
    };
  }
}
