package io.tailwater.edge.feed;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.edge.log.Opened;
import java.util.concurrent.CompletableFuture;

/**
 * Confined to the feed's loop: a partition, as openings and replays see it. Its methods may be
 * called once its head is known.
 */
interface Partition {
  Epoch epoch();

  /** How far the feed has come. */
  long through();

  /** Reads of a channel, at least through its tail's floor. */
  CompletableFuture<ReadPage> read(Tail tail, ReadRequest.Builder request, int maxEvents);

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
