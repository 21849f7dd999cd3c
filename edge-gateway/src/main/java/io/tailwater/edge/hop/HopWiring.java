package io.tailwater.edge.hop;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.context.annotation.Value;
import io.tailwater.edge.loop.EdgeLoops;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Makes the parts of this package. */
@Factory
final class HopWiring {
  /** From the start, so that a session can be found as soon as it has begun. */
  @Context
  Hops hops(
      @Value("${tailwater.instance}") String gateway,
      RedisPublisher publisher,
      RedisListener listener,
      EdgeLoops loops,
      MeterRegistry meters) {
    Hops hops =
        new Hops(
            gateway,
            HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong()),
            publisher,
            listener,
            System::nanoTime,
            new HopMetrics(meters));
    hops.listen();
    loops.any().eventLoop().scheduleAtFixedRate(hops::turn, 1, 1, TimeUnit.SECONDS);
    return hops;
  }
}
