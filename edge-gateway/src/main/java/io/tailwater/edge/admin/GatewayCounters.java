package io.tailwater.edge.admin;

import com.fasterxml.jackson.core.JsonGenerator;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.CountAtBucket;
import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/**
 * The metrics of this gateway that an overview shows. Counters count from the gateway's start, so
 * that a reader makes rates of the differences. Any thread.
 */
final class GatewayCounters {
  private final MeterRegistry meters;

  GatewayCounters(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Writes them as fields of an object. */
  void write(JsonGenerator json) throws IOException {
    json.writeNumberField("delivered_events", sum("tailwater.edge.delivered.events"));
    json.writeNumberField("delivered_bytes", sum("tailwater.edge.delivered"));
    json.writeNumberField("replayed_events", sum("tailwater.edge.replayed.events"));
    json.writeNumberField("holes", sum("tailwater.edge.segment.holes"));
    json.writeNumberField("pages_waiting", gauge("tailwater.edge.pages.waiting"));
    json.writeNumberField("tail_bytes", gauge("tailwater.edge.tail.bytes"));
    json.writeNumberField("sockets", gauge("tailwater.edge.sockets"));
    by("resets", counters("tailwater.edge.resets"), "reason", json);
    by("refused", counters("tailwater.edge.limits.refused"), "limit", json);
    by("ended", counters("tailwater.edge.http.ended"), "reason", json);
    publications(json);
  }

  private Collection<Counter> counters(String name) {
    return meters.find(name).counters();
  }

  private long sum(String name) {
    return (long) counters(name).stream().mapToDouble(Counter::count).sum();
  }

  private long gauge(String name) {
    return (long) meters.find(name).gauges().stream().mapToDouble(Gauge::value).sum();
  }

  private static void by(String field, Collection<Counter> counters, String tag, JsonGenerator json)
      throws IOException {
    Map<String, Long> sums = new TreeMap<>();
    for (Counter each : counters) {
      sums.merge(String.valueOf(each.getId().getTag(tag)), (long) each.count(), Long::sum);
    }
    json.writeObjectFieldStart(field);
    for (Map.Entry<String, Long> each : sums.entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
  }

  /** Publish requests by their outcome, and how many had their verdict within which time. */
  private void publications(JsonGenerator json) throws IOException {
    Collection<Timer> timers = meters.find("tailwater.edge.publish").timers();
    json.writeObjectFieldStart("publications");
    for (Timer each : timers) {
      json.writeNumberField(String.valueOf(each.getId().getTag("outcome")), each.count());
    }
    json.writeEndObject();
    Map<Double, Double> within = new TreeMap<>();
    for (Timer each : timers) {
      for (CountAtBucket bucket : each.takeSnapshot().histogramCounts()) {
        within.merge(bucket.bucket(TimeUnit.MILLISECONDS), bucket.count(), Double::sum);
      }
    }
    json.writeArrayFieldStart("verdicts_within_ms");
    for (Map.Entry<Double, Double> each : within.entrySet()) {
      if (!each.getKey().isInfinite()) {
        json.writeStartArray();
        json.writeNumber(each.getKey().longValue());
        json.writeNumber(each.getValue().longValue());
        json.writeEndArray();
      }
    }
    json.writeEndArray();
  }
}
