package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A real Prometheus that asks real services, and the dashboard's questions to it. */
@OnPlatforms
final class PrometheusIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final Channel CHANNEL = Channel.parse("demo:prometheus");

  @BeforeAll
  static void needsPrometheus() {
    PrometheusServer.require();
  }

  @Test
  void everyInstanceIsScrapedAndEveryPanelHasSeries(InProcessPlatform platform) throws Exception {
    URI gateway = platform.gateways().getFirst();
    Map<String, List<String>> targets =
        platform.management().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    job -> job.getValue().stream().map(URI::getAuthority).toList()));
    try (PrometheusServer prometheus = new PrometheusServer(targets);
        StreamPeek stream = StreamPeek.open(gateway, Wanted.of("prometheus", CHANNEL))) {
      stream.untilLive(1);
      await("every instance is scraped")
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(prometheus.targets().path("activeTargets"))
                      .hasSize(targets.values().stream().mapToInt(List::size).sum())
                      .allSatisfy(
                          target ->
                              assertThat(target.path("health").asText())
                                  .as(target.toString())
                                  .isEqualTo("up")));
      for (String expression : expressions()) {
        await(expression)
            .atMost(LIMIT)
            .until(
                () -> {
                  Http.publish(gateway, CHANNEL, "{}");
                  return !prometheus.query(expression).isEmpty();
                });
      }
      assertThat(prometheus.query("sum(tailwater_edge_connections{transport=\"sse\"}) > 0"))
          .isNotEmpty();
    }
  }

  private static List<String> expressions() throws Exception {
    JsonNode dashboard =
        Json.read(Repository.read("observability/grafana/dashboards/tailwater.json"));
    List<String> expressions = dashboard.findValuesAsText("expr");
    assertThat(expressions).hasSizeGreaterThan(20);
    return expressions;
  }
}
