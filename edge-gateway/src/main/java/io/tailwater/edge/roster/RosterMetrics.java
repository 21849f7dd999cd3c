package io.tailwater.edge.roster;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts what this gateway does about presence. Any thread. */
final class RosterMetrics {
  private final AtomicInteger stays = new AtomicInteger();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger watchers = new AtomicInteger();
  private final AtomicInteger channels = new AtomicInteger();
  private final AtomicInteger tasks = new AtomicInteger();
  private final AtomicInteger stale = new AtomicInteger();
  private final Counter failed;
  private final Counter leases;
  private final Counter updates;

  RosterMetrics(MeterRegistry meters) {
    gauge(meters, "connections", stays, "connections that are present in a channel, here");
    gauge(meters, "waiting", waiting, "members whose last change Redis was not told yet");
    gauge(meters, "watchers", watchers, "connections that watch who is present, here");
    gauge(meters, "channels", channels, "channels that are watched here");
    gauge(meters, "tasks", tasks, "tasks that wait for the thread of presence");
    gauge(meters, "stale", stale, "1 while it is not known who has left, else 0");
    failed =
        Counter.builder("tailwater.edge.presence.failed")
            .description("calls to Redis about presence that failed")
            .register(meters);
    leases =
        Counter.builder("tailwater.edge.presence.leases")
            .description("leases that this gateway has begun: one, and one more after each loss")
            .register(meters);
    updates =
        Counter.builder("tailwater.edge.presence.updates")
            .description("changes of channels that watchers were told, once for all of them")
            .register(meters);
  }

  private static void gauge(
      MeterRegistry meters, String name, AtomicInteger value, String description) {
    Gauge.builder("tailwater.edge.presence." + name, value, AtomicInteger::get)
        .description(description)
        .register(meters);
  }

  /** How many connections are present, of which there is a bound. */
  AtomicInteger stays() {
    return stays;
  }

  /** Tasks that wait for the thread. */
  void tasks(int change) {
    tasks.addAndGet(change);
  }

  void watchers(int change) {
    watchers.addAndGet(change);
  }

  void waiting(int members) {
    waiting.set(members);
  }

  void channels(int watched) {
    channels.set(watched);
  }

  void stale(boolean now) {
    stale.set(now ? 1 : 0);
  }

  void failed() {
    failed.increment();
  }

  void leased() {
    leases.increment();
  }

  void updated() {
    updates.increment();
  }
}
