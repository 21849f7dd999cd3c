package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Segment;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.concurrent.CompletableFuture;

/** What feeds the tails of a partition's channels; its methods enqueue, and any thread may call. */
interface Feed {
  String namespace();

  int partition();

  /** A segment of the broadcast. */
  void segment(Segment segment);

  /** This partition's broadcast came or went. */
  void broadcastChanged();

  /** How many cursors read a channel here. */
  CompletableFuture<Integer> readers(Channel channel);

  /** Puts a cursor on the tail that was opened, for this event loop. */
  void attach(Opened opened, Cursor cursor, EdgeLoop reader);

  /** Lets an opened tail go that nobody will read after all. */
  void abandon(Opened opened);

  /** A cursor of this loop has left the tail. */
  void detach(Tail tail, PartitionView view);

  /** A cursor lies below its tail's floor: it is given what comes after this position. */
  void awaitPage(Tail tail, Cursor cursor, Position after, EdgeLoop reader);
}
