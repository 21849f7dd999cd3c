package io.tailwater.edge;

import io.tailwater.contract.Position;

/** What feeds the tails of some channels; its methods enqueue, and may be called by any thread. */
interface Feed {
  /** Puts a cursor on the tail that was opened, for this event loop. */
  void attach(Opened opened, Cursor cursor, EdgeLoop reader);

  /** Lets an opened tail go that nobody will read after all. */
  void abandon(Opened opened);

  /** A cursor of this loop has left the tail. */
  void detach(Tail tail, PartitionView view);

  /** A cursor lies below its tail's floor: it is given what comes after this position. */
  void awaitPage(Tail tail, Cursor cursor, Position after);
}
