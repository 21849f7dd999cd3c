package io.tailwater.core.broadcast;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.redis.RedisPublisher;

/** Safe for any thread: broadcasts by Redis pub/sub, and drops segments that Redis cannot take. */
public final class RedisSink implements SegmentSink {
  private final RedisPublisher publisher;
  private final Counter sent;
  private final Counter dropped;

  /** Registers the sink's figures. */
  public RedisSink(RedisPublisher publisher, MeterRegistry registry) {
    this.publisher = publisher;
    sent = counter(registry, "sent");
    dropped = counter(registry, "dropped");
    registry.gauge("tailwater.core.broadcast.bytes", publisher, RedisPublisher::underWay);
  }

  private static Counter counter(MeterRegistry registry, String outcome) {
    return Counter.builder("tailwater.core.broadcast.segments")
        .description("segments to broadcast, by outcome")
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
