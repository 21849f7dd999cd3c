package io.tailwater.edge.publish;

import io.grpc.Channel;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.log.Namespaces;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

/**
 * The only way in: sends publications to an event-core and waits for their verdicts. Single ones
 * share a stream; the lines of a batch have one of their own, so that they stay in order. What is
 * ephemeral goes over Redis instead. Any thread.
 */
final class Publisher {
  private static final int MAX_WAITING = 10_000;

  /** Bounds of the histogram's buckets. */
  private static final Duration[] LATENCIES =
      LongStream.of(2, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000)
          .mapToObj(Duration::ofMillis)
          .toArray(Duration[]::new);

  /** Longer than an event-core takes to say that it does not know. */
  private static final long PATIENCE_MS = 15_000;

  private final EventCoreStub stub;
  private final Namespaces namespaces;
  private final EphemeralLane ephemeral;
  private final MeterRegistry meters;
  private Lane shared;

  Publisher(
      Channel eventCores, Namespaces namespaces, EphemeralLane ephemeral, MeterRegistry meters) {
    this.stub = EventCoreGrpc.newStub(eventCores);
    this.namespaces = namespaces;
    this.ephemeral = ephemeral;
    this.meters = meters;
    this.shared = new Lane(stub, MAX_WAITING);
    meters.gauge("tailwater.edge.publish.waiting", this, publisher -> publisher.lane().waiting());
  }

  /** Publishes one; fails with a {@link RequestException}. */
  CompletableFuture<Verdict> publish(Publication publication) {
    return metered(send(publication, lane()));
  }

  /**
   * Publishes these in order, and answers in order; each may fail with a {@link RequestException}.
   */
  List<CompletableFuture<Verdict>> publishAll(List<Publication> publications) {
    Lane lane = new Lane(stub, publications.size());
    List<CompletableFuture<Verdict>> verdicts = new ArrayList<>(publications.size());
    publications.forEach(publication -> verdicts.add(metered(send(publication, lane))));
    lane.finish();
    return verdicts;
  }

  private CompletableFuture<Verdict> send(Publication publication, Lane lane) {
    Namespace namespace = namespaces.get(publication.channel().namespace());
    return namespace.getEphemeral()
        ? ephemeral.send(publication, namespace)
        : lane.send(publication);
  }

  private synchronized Lane lane() {
    if (shared.retired()) {
      shared = new Lane(stub, MAX_WAITING);
    }
    return shared;
  }

  private CompletableFuture<Verdict> metered(CompletableFuture<Verdict> verdict) {
    Timer.Sample sample = Timer.start(meters);
    return verdict
        .orTimeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .whenComplete((stored, failure) -> sample.stop(timer(outcome(stored, failure))));
  }

  private Timer timer(String outcome) {
    return Timer.builder("tailwater.edge.publish")
        .description("from a publication to its verdict")
        .serviceLevelObjectives(LATENCIES)
        .tag("outcome", outcome)
        .register(meters);
  }

  private static String outcome(Verdict stored, Throwable failure) {
    if (failure == null) {
      return stored.duplicate() ? "duplicate" : "stored";
    }
    return failure instanceof RequestException refusal ? refusal.code().wire() : "timeout";
  }
}
