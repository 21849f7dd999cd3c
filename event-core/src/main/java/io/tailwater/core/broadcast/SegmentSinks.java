package io.tailwater.core.broadcast;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.redis.RedisPublisher;

/** Creates the sink that an instance broadcasts to; in production a {@link RedisSink}. */
public interface SegmentSinks {
  /**
   * Creates a sink. Called once, at start.
   *
   * @param publisher sends messages to Redis
   * @param registry takes the sink's figures
   */
  SegmentSink over(RedisPublisher publisher, MeterRegistry registry);
}
