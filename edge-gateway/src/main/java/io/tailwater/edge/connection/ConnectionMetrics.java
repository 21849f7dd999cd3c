package io.tailwater.edge.connection;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Any thread: counts connections and what is delivered to them. */
final class ConnectionMetrics {
  private final MeterRegistry registry;
  private final ConcurrentMap<String, AtomicInteger> connections = new ConcurrentHashMap<>();
  private final Map<Missed.Reason, Counter> resets = new EnumMap<>(Missed.Reason.class);
  private final Counter events;
  private final Counter bytes;
  private final Counter revoked;
  private final DistributionSummary lag;

  /**
   * @param admitted connections that were let in, with those that are not yet open
   */
  ConnectionMetrics(MeterRegistry registry, AtomicInteger admitted) {
    this.registry = registry;
    Gauge.builder("tailwater.edge.connections.admitted", admitted, AtomicInteger::get)
        .description("connections that were let in, with those that are still being opened")
        .register(registry);
    events =
        Counter.builder("tailwater.edge.delivered.events")
            .description("events handed to connections")
            .register(registry);
    bytes =
        Counter.builder("tailwater.edge.delivered")
            .description("data of those events, before its wire format")
            .baseUnit("bytes")
            .register(registry);
    revoked =
        Counter.builder("tailwater.edge.revocations.ended")
            .description("connections that ended because their token was taken back")
            .register(registry);
    lag =
        DistributionSummary.builder("tailwater.edge.cursor.lag")
            .description("offsets that each cursor was behind its partition, at each heartbeat")
            .baseUnit("offsets")
            .serviceLevelObjectives(1, 10, 100, 1_000, 10_000, 100_000)
            .register(registry);
    // There from the start: a rate needs the zero before the first one.
    for (SlowReaders policy : EnumSet.complementOf(EnumSet.of(SlowReaders.UNRECOGNIZED))) {
      slowReaders(policy);
    }
    for (Missed.Reason reason : Missed.Reason.values()) {
      resets.put(
          reason,
          Counter.builder("tailwater.edge.resets")
              .description("positions that could not be honoured")
              .tag("reason", reason.wire())
              .register(registry));
    }
  }

  void began(Transport transport) {
    connections(transport).incrementAndGet();
  }

  void ended(Transport transport) {
    connections(transport).decrementAndGet();
  }

  private AtomicInteger connections(Transport transport) {
    return connections.computeIfAbsent(transport.name(), this::connections);
  }

  private AtomicInteger connections(String transport) {
    AtomicInteger open = new AtomicInteger();
    Gauge.builder("tailwater.edge.connections", open, AtomicInteger::get)
        .description("open connections")
        .tag("transport", transport)
        .register(registry);
    return open;
  }

  /** The events of a run were handed to a connection. */
  void delivered(Run run, int from, int to) {
    events.increment(to - from);
    long data = 0;
    for (int i = from; i < to; i++) {
      data += run.events().get(i).getData().size();
    }
    bytes.increment(data);
  }

  void said(Notice notice) {
    switch (notice) {
      case Notice.Reset(Missed missed) -> reset(missed.reason());
      case Notice.PartitionsReset(Missed.Reason reason, var earliest) -> reset(reason);
      case Notice.Live live -> {}
      case Notice.End end -> {}
    }
  }

  private void reset(Missed.Reason reason) {
    Counter counter = resets.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  /** Counts connections that were ended because their tokens were taken back. */
  void revoked(int ended) {
    revoked.increment(ended);
  }

  void lag(long offsets) {
    lag.record(offsets);
  }

  /** Counts a reader that was too slow for its namespace. */
  void slow(SlowReaders policy) {
    slowReaders(policy).increment();
  }

  private Counter slowReaders(SlowReaders policy) {
    return Counter.builder("tailwater.edge.slow.readers")
        .description("readers too slow for their namespace, by what it says of them")
        .tag("policy", policy.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }
}
