package io.tailwater.edge.hop;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.IntSupplier;

/** Counts what is passed on. Any thread. */
final class HopMetrics {
  private final MeterRegistry meters;
  private final Counter answered;
  private final Counter failed;

  HopMetrics(MeterRegistry meters) {
    this.meters = meters;
    answered = counter("answered");
    failed = counter("failed");
  }

  private Counter counter(String outcome) {
    return Counter.builder("tailwater.edge.hops")
        .description("requests that were passed on to the gateway that has their session")
        .tag("outcome", outcome)
        .register(meters);
  }

  /** Shows how many wait for the answer of another gateway, and how many others wait for ours. */
  void show(IntSupplier waiting, IntSupplier served) {
    Gauge.builder("tailwater.edge.hops.waiting", waiting::getAsInt)
        .description("requests that wait for the answer of another gateway")
        .register(meters);
    Gauge.builder("tailwater.edge.hops.served", served::getAsInt)
        .description("requests of other gateways that wait for an answer here")
        .register(meters);
  }

  /** The other gateway has answered. */
  void answered() {
    answered.increment();
  }

  /** It is not there, did not answer, or could not be asked. */
  void failed() {
    failed.increment();
  }
}
