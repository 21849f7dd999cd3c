package io.tailwater.edge.publish;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.Segment;
import io.tailwater.redis.RedisPublisher;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;

/**
 * Passes ephemeral publications on: a segment each, on the Redis channel of their partition, to
 * whichever gateways listen. Any thread.
 */
final class EphemeralLane {
  private final RedisPublisher redis;
  private final InstantSource clock;

  EphemeralLane(RedisPublisher redis, InstantSource clock) {
    this.redis = redis;
    this.clock = clock;
  }

  /** Passes a publication on; fails with a {@link RequestException}. */
  CompletableFuture<Verdict> send(Publication publication, Namespace namespace) {
    if (publication.close()) {
      return CompletableFuture.failedFuture(
          new RequestException(
              ErrorCode.INVALID_REQUEST,
              namespace.getName() + " is ephemeral: its channels cannot be closed"));
    }
    int partition =
        HomePartition.of(
            namespace.getPartitioner(),
            publication.channel().keyBytes(),
            namespace.getPartitions());
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    redis
        .publish(
            SegmentChannel.name(namespace.getName(), partition),
            segment(publication, namespace, partition).toByteArray())
        .whenComplete(
            (receivers, failure) -> {
              if (failure == null) {
                verdict.complete(Verdict.PASSED_ON);
              } else {
                verdict.completeExceptionally(
                    new RequestException(
                        ErrorCode.UNAVAILABLE,
                        "ephemeral events go over Redis, which does not answer; try again"));
              }
            });
    return verdict;
  }

  private Segment segment(Publication publication, Namespace namespace, int partition) {
    return Segment.newBuilder()
        .setNamespace(namespace.getName())
        .setEpoch(Epoch.EPHEMERAL.text())
        .setPartition(partition)
        .addEvents(
            Event.newBuilder()
                .setChannelKey(publication.channel().key())
                .setType(publication.type().isEmpty() ? "message" : publication.type())
                .setBy(publication.by())
                .setKey(publication.key())
                .setTsMs(clock.millis())
                .setData(publication.data())
                .setKind(EventData.kind(namespace.getData(), publication.data().toByteArray()))
                .setContentType(publication.contentType())
                .setTraceparent(publication.traceparent()))
        .build();
  }
}
