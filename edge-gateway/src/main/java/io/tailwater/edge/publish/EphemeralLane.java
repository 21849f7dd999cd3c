package io.tailwater.edge.publish;

import io.micrometer.core.instrument.Timer;
import io.tailwater.client.PublishMetrics;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.Segment;
import io.tailwater.redis.RedisPublisher;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Passes ephemeral events on, each as a segment on the Redis channel of its partition, to the
 * gateways that listen. Any thread.
 */
final class EphemeralLane {
  private final RedisPublisher redis;
  private final InstantSource clock;
  private final Duration patience;
  private final PublishMetrics metrics;

  /**
   * @param patience how long Redis has for an answer
   */
  EphemeralLane(
      RedisPublisher redis, InstantSource clock, Duration patience, PublishMetrics metrics) {
    this.redis = redis;
    this.clock = clock;
    this.patience = patience;
    this.metrics = metrics;
  }

  /** Passes an event on; fails with a {@link RequestException}. */
  CompletableFuture<Receipt> send(PublishRequest request, Namespace namespace) {
    if (request.getClose()) {
      return CompletableFuture.failedFuture(
          new RequestException(
              ErrorCode.INVALID_REQUEST,
              namespace.getName() + " is ephemeral: its channels cannot be closed"));
    }
    boolean writes =
        request.getOp() != EntryOp.ENTRY_OP_UNSPECIFIED
            || !request.getIf().isEmpty()
            || !request.getSeen().isEmpty()
            || request.getAtMs() != 0;
    if (writes) {
      return CompletableFuture.failedFuture(
          new RequestException(
              ErrorCode.INVALID_REQUEST,
              namespace.getName() + " is ephemeral: its channels keep no entries"));
    }
    Channel channel = Channel.parse(request.getChannel());
    int partition =
        HomePartition.of(namespace.getPartitioner(), channel.keyBytes(), namespace.getPartitions());
    Timer.Sample sample = metrics.start();
    return redis
        .publish(
            SegmentChannel.name(namespace.getName(), partition),
            segment(request, channel, namespace, partition).toByteArray())
        .toCompletableFuture()
        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
        .handle(
            (receivers, failure) -> {
              if (failure == null) {
                metrics.stop(sample, "stored");
                return Receipt.PASSED_ON;
              }
              metrics.stop(sample, ErrorCode.UNAVAILABLE.wire());
              throw new RequestException(
                  ErrorCode.UNAVAILABLE,
                  "ephemeral events go over Redis, which does not answer; try again");
            });
  }

  private Segment segment(
      PublishRequest request, Channel channel, Namespace namespace, int partition) {
    return Segment.newBuilder()
        .setNamespace(namespace.getName())
        .setEpoch(Epoch.EPHEMERAL.text())
        .setPartition(partition)
        .addEvents(
            Event.newBuilder()
                .setChannelKey(channel.key())
                .setType(request.getType().isEmpty() ? "message" : request.getType())
                .setBy(request.getBy())
                .setKey(request.getKey())
                .setTsMs(clock.millis())
                .setData(request.getData())
                .setKind(
                    request.getKind() == DataKind.BYTES
                        ? DataKind.BYTES
                        : EventData.kind(namespace.getData(), request.getData().toByteArray()))
                .setContentType(request.getContentType())
                .setTraceparent(request.getTraceparent())
                .setEvent(request.getEvent()))
        .build();
  }
}
