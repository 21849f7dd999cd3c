package io.tailwater.core;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.redis.RedisPublisher;

/** Broadcasts by Redis pub/sub. Drops what Redis cannot take now. Safe for any thread. */
final class RedisSink implements SegmentSink {
  private final RedisPublisher publisher;
  private final Counter sent;
  private final Counter dropped;

  RedisSink(RedisPublisher publisher, MeterRegistry registry) {
    this.publisher = publisher;
    sent = counter(registry, "sent");
    dropped = counter(registry, "dropped");
    registry.gauge("tailwater.core.broadcast.bytes", publisher, RedisPublisher::underWay);
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("tailwater.core.broadcast.segments")
        .description("segments that were to be broadcast")
        .tag("outcome", outcome)
        .register(registry);
  }

  @Override
  public void send(String channel, byte[] segment) {
    publisher
        .publish(channel, segment)
        .whenComplete((receivers, failure) -> (failure == null ? sent : dropped).increment());
  }
}
