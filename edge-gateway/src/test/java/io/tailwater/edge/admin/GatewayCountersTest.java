package io.tailwater.edge.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.edge.connection.JsonText;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GatewayCountersTest {
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();

  @Test
  void aGatewayWithoutMetricsHasZeros() throws IOException {
    JsonNode counters = counters();
    assertThat(counters.path("delivered_events").asLong(-1)).isZero();
    assertThat(counters.path("resets").isObject()).isTrue();
    assertThat(counters.path("publications")).isEmpty();
    assertThat(counters.path("verdicts_within_ms")).isEmpty();
  }

  @Test
  void countersOfOneNameAreToldApartByTheirTag() throws IOException {
    meters.counter("tailwater.edge.resets", "reason", "expired").increment(2);
    meters.counter("tailwater.edge.resets", "reason", "foreign").increment();
    meters.counter("tailwater.edge.delivered.events").increment(7);
    JsonNode counters = counters();
    assertThat(counters.path("delivered_events").asLong()).isEqualTo(7);
    assertThat(counters.path("resets").path("expired").asLong()).isEqualTo(2);
    assertThat(counters.path("resets").path("foreign").asLong()).isEqualTo(1);
  }

  /** A reader makes shares of them, so all outcomes count in both. */
  @Test
  void verdictsOfAllOutcomesAreCountedByTheirTime() throws IOException {
    timer("stored").record(Duration.ofMillis(3));
    timer("stored").record(Duration.ofMillis(40));
    timer("rate_limited").record(Duration.ofMillis(1));
    JsonNode counters = counters();
    assertThat(counters.path("publications").path("stored").asLong()).isEqualTo(2);
    assertThat(counters.path("publications").path("rate_limited").asLong()).isEqualTo(1);
    assertThat(counters.path("verdicts_within_ms").toString()).isEqualTo("[[5,2],[50,3]]");
  }

  private Timer timer(String outcome) {
    return Timer.builder("tailwater.edge.publish")
        .tag("outcome", outcome)
        .serviceLevelObjectives(Duration.ofMillis(5), Duration.ofMillis(50))
        .register(meters);
  }

  private JsonNode counters() throws IOException {
    return new ObjectMapper()
        .readTree(JsonText.object(json -> new GatewayCounters(meters).write(json)));
  }
}
