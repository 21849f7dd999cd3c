package io.tailwater.edge.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.Release;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.InstanceReport;
import io.tailwater.contract.v1.ReportRequest;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.edge.connection.Drain;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.SegmentSource;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * What this gateway reports of itself, and of the event-cores that answer it. It is of a bounded
 * size, however many connections there are. Any thread that may wait.
 */
final class GatewayReport {
  private static final Duration CORES_WITHIN = Duration.ofMillis(800);

  /**
   * Event-cores are asked in turn, and others' questions come in between. So that several are
   * reached, each report asks more than once.
   */
  private static final int QUESTIONS = 4;

  private final ConnectionAdmin connections;
  private final GatewayCounters counters;
  private final State state;
  private final UnaryCalls<EventCoreStub> eventCores;
  private final InstantSource clock;
  private final long startedMs;

  /** What else says how a gateway is. */
  record State(
      Namespaces namespaces, Revocations revocations, SegmentSource segments, Drain drain) {
    void write(JsonGenerator json) throws IOException {
      boolean log = namespaces.ready();
      boolean draining = drain.begun();
      json.writeBooleanField("ready", log && revocations.complete() && !draining);
      json.writeBooleanField("draining", draining);
      json.writeBooleanField("log", log);
      json.writeBooleanField("revocations", revocations.complete());
      json.writeBooleanField("redis", segments.connected());
    }
  }

  GatewayReport(
      ConnectionAdmin connections,
      GatewayCounters counters,
      State state,
      UnaryCalls<EventCoreStub> eventCores,
      InstantSource clock) {
    this.connections = connections;
    this.counters = counters;
    this.state = state;
    this.eventCores = eventCores;
    this.clock = clock;
    this.startedMs = clock.millis();
  }

  /** The report as the public contract shows it, one JSON object. */
  String json() {
    CompletableFuture<List<InstanceReport>> cores = cores();
    return JsonText.object(
        json -> {
          json.writeStringField("gateway", connections.gateway());
          json.writeStringField("version", Release.VERSION);
          json.writeNumberField("at_ms", clock.millis());
          json.writeNumberField("started_ms", startedMs);
          state.write(json);
          connections.census().write(json);
          json.writeObjectFieldStart("counters");
          counters.write(json);
          json.writeEndObject();
          json.writeArrayFieldStart("event_cores");
          for (InstanceReport core : cores.join()) {
            write(core, json);
          }
          json.writeEndArray();
        });
  }

  /** One report of each event-core that has answered in time, by name. */
  private CompletableFuture<List<InstanceReport>> cores() {
    List<CompletableFuture<InstanceReport>> asked = new ArrayList<>();
    for (int i = 0; i < QUESTIONS; i++) {
      asked.add(
          eventCores.call(
              CORES_WITHIN,
              (stub, answer) -> stub.report(ReportRequest.getDefaultInstance(), answer)));
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, CORES_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionally(failure -> null)
        .thenApply(done -> byName(asked));
  }

  private static List<InstanceReport> byName(List<CompletableFuture<InstanceReport>> asked) {
    Map<String, InstanceReport> reports = new TreeMap<>();
    for (CompletableFuture<InstanceReport> each : asked) {
      if (each.isDone() && !each.isCompletedExceptionally()) {
        reports.put(each.join().getInstance(), each.join());
      }
    }
    return List.copyOf(reports.values());
  }

  private static void write(InstanceReport core, JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("instance", core.getInstance());
    json.writeStringField("version", core.getVersion());
    json.writeBooleanField("ready", core.getReady());
    if (!core.getReason().isEmpty()) {
      json.writeStringField("reason", core.getReason());
    }
    json.writeBooleanField("kafka", core.getKafkaAnswers());
    json.writeNumberField("lag_ms", core.getLagMs());
    json.writeNumberField("partitions", core.getPartitions());
    json.writeNumberField("broadcasts", core.getBroadcasts());
    json.writeEndObject();
  }
}
