package io.tailwater.ai;

import io.micronaut.health.HealthStatus;
import io.micronaut.management.health.indicator.HealthIndicator;
import io.micronaut.management.health.indicator.HealthResult;
import io.micronaut.management.health.indicator.annotation.Readiness;
import jakarta.inject.Singleton;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** Ready is who can write and read streams. Redis is no part of it: streams go on without. */
@Singleton
@Readiness
final class EventCoreReadiness implements HealthIndicator {
  /** Prefix of the names of the threads that ask. */
  static final String THREAD = "ai-readiness-";

  private final Parts parts;
  private final Executor threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(THREAD, 0).factory());

  EventCoreReadiness(Parts parts) {
    this.parts = parts;
  }

  @Override
  public Publisher<HealthResult> getResult() {
    return Mono.fromCallable(
            () ->
                parts.log().answers() && !parts.streams().stopping()
                    ? HealthStatus.UP
                    : HealthStatus.DOWN)
        .subscribeOn(Schedulers.fromExecutor(threads))
        .map(status -> HealthResult.builder("event-core", status).build());
  }
}
