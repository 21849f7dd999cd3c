package io.tailwater.core.faults;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Replaces;
import io.tailwater.core.broadcast.RedisSink;
import io.tailwater.core.broadcast.SegmentSink;
import io.tailwater.core.broadcast.SegmentSinks;
import io.tailwater.redis.RedisPublisher;
import jakarta.inject.Singleton;
import java.util.function.UnaryOperator;

/**
 * Guarded by its own lock: lets a test lose, repeat and reorder segments before they reach Redis.
 * Passes them on until a test says otherwise.
 */
@Singleton
@Replaces(SegmentSinks.class)
public final class BroadcastFaults implements SegmentSinks {
  @GuardedBy("this")
  private UnaryOperator<SegmentSink> fault = UnaryOperator.identity();

  @GuardedBy("this")
  private SegmentSink redis = (channel, segment) -> {};

  private volatile SegmentSink faulty = redis;

  /** From now on segments go through the sink that {@code newFault} puts before Redis. */
  public synchronized void inject(UnaryOperator<SegmentSink> newFault) {
    fault = newFault;
    faulty = fault.apply(redis);
  }

  @Override
  public synchronized SegmentSink over(RedisPublisher publisher, MeterRegistry registry) {
    redis = new RedisSink(publisher, registry);
    faulty = fault.apply(redis);
    return (channel, segment) -> faulty.send(channel, segment);
  }
}
