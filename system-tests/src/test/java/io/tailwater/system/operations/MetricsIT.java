package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.system.Repository;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** The metrics that the dashboard and the documents name, against what services really say. */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class MetricsIT {
  private static final Pattern NAME = Pattern.compile("\\b(?:tailwater|jvm)_[a-z_]+[a-z]\\b");

  @Test
  void everyMetricOfTheDashboardAndTheDocumentsExists(InProcessPlatform platform) {
    Channel channel = Channel.parse("demo:metrics");
    Http.publish(platform.gateways().getFirst(), channel, "{}");
    try (StreamPeek stream =
        StreamPeek.open(
            platform.gateways().getFirst(), Wanted.of("metrics", channel).from("earliest"))) {
      stream.untilLive(1);
      Set<String> wanted =
          new TreeSet<>(names(Repository.read("observability/grafana/dashboards/tailwater.json")));
      wanted.addAll(names(Repository.read("docs/operating.md")));
      assertThat(wanted).hasSizeGreaterThan(20);
      await("every metric")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(() -> assertThat(scraped(platform)).containsAll(wanted));
    }
  }

  @Test
  void connectionsAndDeliveriesAreCountedByTransport(InProcessPlatform platform) {
    Channel channel = Channel.parse("demo:metrics counted");
    URI gateway = platform.gateways().getFirst();
    URI management = platform.management().getOrDefault("edge-gateway", List.of()).getFirst();
    try (StreamPeek stream =
        StreamPeek.open(gateway, Wanted.of("counted", channel).from("earliest"))) {
      stream.untilLive(1);
      double events = value(management, "tailwater_edge_delivered_events_total");
      double bytes = value(management, "tailwater_edge_delivered_bytes_total");
      assertThat(value(management, "tailwater_edge_connections{transport=\"sse\"}")).isPositive();
      Http.publish(gateway, channel, "{\"text\":\"twelve\"}");
      await("the delivery is counted")
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(
              () -> {
                assertThat(value(management, "tailwater_edge_delivered_events_total"))
                    .isGreaterThanOrEqualTo(events + 1);
                assertThat(value(management, "tailwater_edge_delivered_bytes_total"))
                    .isGreaterThanOrEqualTo(bytes + "{\"text\":\"twelve\"}".length());
              });
    }
  }

  private static Set<String> names(String text) {
    return NAME.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
  }

  private static Set<String> scraped(InProcessPlatform platform) {
    return platform.management().values().stream()
        .flatMap(List::stream)
        .flatMap(service -> scrape(service).lines())
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split("[{ ]")[0])
        .collect(Collectors.toSet());
  }

  private static double value(URI management, String series) {
    return Arrays.stream(scrape(management).split("\n"))
        .filter(line -> line.startsWith(series))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  private static String scrape(URI service) {
    Http.Answer answer = Http.send(HttpRequest.newBuilder(service.resolve("/prometheus")));
    assertThat(answer.status()).as(service.toString()).isEqualTo(200);
    return answer.body();
  }
}
