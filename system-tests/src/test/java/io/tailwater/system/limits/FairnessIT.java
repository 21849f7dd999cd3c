package io.tailwater.system.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.ApplicationContext;
import io.tailwater.core.faults.FoldGate;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/**
 * A client that publishes without end fills half of a gateway's places and is refused then, by
 * address and by subject, over HTTP, in batches and over WebSocket. Everyone else is served.
 */
@OnPlatforms
final class FairnessIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int HALF = 10_000;
  private static final int BATCH = 1_000;
  private static final String LINE = "{\"channel\":\"flood:a\",\"data\":1}\n";

  @Test
  void whoFillsThePlacesIsRefusedAndNobodyElse(InProcessPlatform platform) {
    int port = FreePort.choose();
    try (ApplicationContext core =
            platform.eventCore(
                "event-core-flood",
                port,
                Map.of(
                    "tailwater.namespaces.flood.partitions",
                    1,
                    "tailwater.namespaces.flood.anonymous-publish",
                    true,
                    "tailwater.namespaces.flood.anonymous-subscribe",
                    true));
        ExtraGateway gateway =
            platform.gateway(
                Map.of(
                    "tailwater.edge.event-cores",
                    List.of("127.0.0.1:" + port),
                    "tailwater.edge.limits.trusted-proxies",
                    List.of("127.0.0.0/8")))) {
      FoldGate fold = core.getBean(FoldGate.class);
      await()
          .atMost(LIMIT)
          .until(() -> publish(gateway.address(), client("198.51.100.1")).status() == 201);
      String flooder = "Authorization: Bearer " + Tokens.token("flooder", List.of(), List.of("*"));
      flood(gateway, fold, i -> new String[] {"X-Forwarded-For: 203.0.113.66"});
      flood(gateway, fold, i -> new String[] {flooder, "X-Forwarded-For: 203.0.113." + i});
    }
  }

  /** The headers of each request of a flood. */
  private interface Flooder {
    String[] headers(int request);
  }

  private void flood(ExtraGateway gateway, FoldGate fold, Flooder flooder) {
    URI address = gateway.address();
    await().atMost(LIMIT).until(() -> waiting(gateway) == 0);
    fold.pause();
    try {
      List<CompletableFuture<Http.Answer>> floods = new ArrayList<>();
      for (int i = 0; i < HALF / BATCH; i++) {
        String[] headers = flooder.headers(i);
        floods.add(CompletableFuture.supplyAsync(() -> batch(address, BATCH, headers)));
      }
      await().atMost(LIMIT).until(() -> waiting(gateway) == HALF);
      String[] more = flooder.headers(100);
      Http.Answer one = publish(address, more);
      assertThat(one.status()).as(one.body()).isEqualTo(429);
      assertThat(one.json().path("code").asText()).isEqualTo("rate_limited");
      assertThat(one.headers().firstValue("Retry-After")).isPresent();
      assertThat(batch(address, 1, more).body()).contains("rate_limited");
      String publication = "{\"id\":7,\"publish\":{\"channel\":\"flood:a\",\"data\":1}}";
      try (WsPeer socket = WsPeer.connect(address, more);
          WsPeer honest = WsPeer.connect(address, client("198.51.100.2"))) {
        assertThat(socket.text(publication).await("error").path("error").path("code").asText())
            .isEqualTo("rate_limited");
        honest.text(publication);
        CompletableFuture<Http.Answer> single =
            CompletableFuture.supplyAsync(() -> publish(address, client("198.51.100.3")));
        CompletableFuture<Http.Answer> several =
            CompletableFuture.supplyAsync(() -> batch(address, 100, client("198.51.100.4")));
        await().atMost(LIMIT).until(() -> waiting(gateway) == HALF + 102);
        fold.open();
        assertThat(honest.await("published").path("id").asInt()).isEqualTo(7);
        assertThat(single.join().status()).as(single.join().body()).isEqualTo(201);
        assertThat(several.join().body().lines())
            .hasSize(100)
            .allMatch(line -> line.contains("\"duplicate\":false"));
      }
      floods.forEach(sent -> assertThat(sent.join().status()).isEqualTo(200));
      await().atMost(LIMIT).until(() -> waiting(gateway) == 0);
      assertThat(publish(address, more).status()).isEqualTo(201);
    } finally {
      fold.open();
    }
  }

  private static double waiting(ExtraGateway gateway) {
    return gateway
        .context()
        .getBean(MeterRegistry.class)
        .get("tailwater.edge.publish.waiting")
        .gauge()
        .value();
  }

  private static String[] client(String address) {
    return new String[] {"X-Forwarded-For: " + address};
  }

  private static Http.Answer publish(URI address, String... headers) {
    return send(address, "/v1/events?channel=flood:a", "application/json", "1", headers);
  }

  private static Http.Answer batch(URI address, int lines, String... headers) {
    return send(address, "/v1/events", "application/x-ndjson", LINE.repeat(lines), headers);
  }

  private static Http.Answer send(
      URI address, String path, String type, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address.resolve(path))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofString(body));
    for (String header : headers) {
      String[] parts = header.split(": ", 2);
      request.header(parts[0], parts[1]);
    }
    return Http.send(request);
  }
}
