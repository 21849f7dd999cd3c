package io.tailwater.edge.feed;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.SnapshotPoint;
import java.util.concurrent.CompletableFuture;

/**
 * Confined to the feed's loop: a partition, as openings and replays see it. Its methods may be
 * called once its head is known.
 */
interface Partition {
  /** Its place in the namespace, from 0 on. */
  int partition();

  Epoch epoch();

  /** How far the feed has come. */
  long through();

  /** The earliest position, as far as known: the offset before the first retained one. */
  long earliest();

  /**
   * Reads what a selection wants, at least through an offset.
   *
   * @param atLeast usually the floor of the selection's tail
   */
  CompletableFuture<ReadPage> read(
      Selection selection, long atLeast, ReadRequest.Builder request, int maxEvents);

  /** Reads a block of a channel's state. */
  CompletableFuture<StatePage> state(Scope channel, SnapshotPoint point);

  /**
   * A page has come. If it is of another epoch than the feed, the event-core confirmed that with
   * Kafka, and the feed changes its epoch; not if it has done so since the page was requested.
   *
   * @param requested the feed's epoch when the page was requested
   */
  void confirmEpoch(Epoch requested, ReadPage page);

  /** An event-core has come as far as this page's head: the segments until there are to come. */
  void expect(ReadPage page);

  /** The views of this tail are to be updated. */
  void closedThroughChanged(Tail tail);

  /** Keeps a pinned tail for a subscription. */
  Opened.Hold hold(Tail tail);

  /** A request for what comes after a position. */
  static ReadRequest.Builder after(Position position) {
    return ReadRequest.newBuilder()
        .setAfter(
            io.tailwater.contract.v1.Position.newBuilder()
                .setEpoch(position.epoch().text())
                .setOffset(position.offset()));
  }
}
