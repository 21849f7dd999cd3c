package io.tailwater.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests of clients that send no more but still read, HEAD, and streams behind other requests.
 */
@OnPlatforms
final class HalfCloseIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);

  private final InProcessPlatform platform;
  private final URI gateway;

  HalfCloseIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  @TestFactory
  Collection<DynamicTest> aRequestBeforeAHalfCloseIsAnswered() {
    Map<String, Integer> all = new LinkedHashMap<>();
    String json = "Accept: application/json";
    all.put(post("/v1/events?channel=demo:half", "{\"n\":1}"), 201);
    all.put(post("/v1/events?channel=typing:half", "{\"n\":1}"), 201);
    all.put(post("/v1/events?channel=chat:half", "{\"n\":1}"), 401);
    all.put(
        post("/v1/events", "{\"channel\":\"demo:half\",\"data\":1}\n")
            .replace("application/json", "application/x-ndjson"),
        200);
    all.put(post("/v1/tickets", "{\"channels\":[\"demo:half\"]}"), 200);
    all.put(post("/v1/tickets", "nonsense"), 400);
    all.put(get("/v1/channel?channel=demo:half"), 200);
    all.put(get("/v1/openapi.yaml"), 200);
    all.put(get("/v1/nothing"), 404);
    all.put(get("/v1/ws"), 426);
    all.put(get("/v1/admin/connections"), 401);
    all.put(get("/v1/events?channel=demo:half&from=earliest", json), 200);
    all.put(get("/v1/events?channel=demo:half&wait=55", json), 200);
    all.put(get("/v1/events?channel=demo:half&channel=demo:half2&wait=55", json), 200);
    return all.entrySet().stream()
        .map(one -> dynamicTest(one.getKey(), () -> answered(one.getKey(), one.getValue())))
        .toList();
  }

  private String get(String path, String... headers) {
    return RawConnection.get(gateway, path, headers);
  }

  private String post(String path, String body) {
    return RawConnection.post(gateway, path, body);
  }

  private void answered(String request, int status) {
    try (RawConnection connection = RawConnection.open(gateway).send(request).halfClose()) {
      Http.Answer answer = connection.answer();
      assertThat(answer.status()).as(answer.body()).isEqualTo(status);
      assertThat(connection.rest()).isEmpty();
    }
    // All of several, in order.
    String other = get("/v1/openapi.yaml");
    try (RawConnection connection =
        RawConnection.open(gateway).send(other + request + other).halfClose()) {
      assertThat(connection.answer().status()).isEqualTo(200);
      assertThat(connection.answer().status()).isEqualTo(status);
      assertThat(connection.answer().status()).isEqualTo(200);
      assertThat(connection.rest()).isEmpty();
    }
  }

  @Test
  void aRequestThatAHalfCloseCutsIsNotExecuted() {
    String request = post("/v1/events?channel=demo:half-cut", "{\"n\":1}");
    for (int cut : new int[] {request.length() - 1, request.length() - 7}) {
      try (RawConnection connection =
          RawConnection.open(gateway).send(request.substring(0, cut)).halfClose()) {
        assertThat(connection.answer().status()).isEqualTo(400);
        assertThat(connection.rest()).isEmpty();
      }
    }
    try (RawConnection connection =
        RawConnection.open(gateway).send(request.substring(0, 30)).halfClose()) {
      connection.rest();
    }
    assertThat(
            Http.send(
                    java.net.http.HttpRequest.newBuilder(
                            gateway.resolve("/v1/events?channel=demo:half-cut&from=earliest"))
                        .header("Accept", "application/json"))
                .json()
                .path("events"))
        .isEmpty();
  }

  @Test
  void aStreamGoesOnAfterAHalfCloseAndEndsWithItsClient() throws IOException {
    Channel channel = new Channel(Namespaces.DEMO, "half-stream");
    try (RawConnection before =
            RawConnection.open(gateway).send(get("/v1/events?channel=" + channel)).halfClose();
        RawConnection after =
            RawConnection.open(gateway).send(get("/v1/events?channel=" + channel))) {
      until(before, "event: tw.live");
      until(after, "event: tw.live");
      after.halfClose();
      for (int i = 0; i < 3; i++) {
        Http.publish(gateway, channel, "{\"i\":" + i + "}");
        until(before, "data: {\"i\":" + i + "}");
        until(after, "data: {\"i\":" + i + "}");
      }
      assertThat(platform.readers(gateway, channel)).isEqualTo(2);
    }
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
  }

  private static void until(RawConnection connection, String wanted) throws IOException {
    String line = connection.line();
    while (!line.equals(wanted)) {
      line = connection.line();
    }
  }

  @Test
  void aClientThatLeavesALongPollIsForgotten() {
    Channel channel = new Channel(Namespaces.DEMO, "half-poll");
    try (RawConnection poll =
        RawConnection.open(gateway)
            .send(get("/v1/events?channel=" + channel + "&wait=55", "Accept: application/json"))) {
      await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 1);
    }
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
  }

  @Test
  void headIsAnsweredWithAHead() {
    String json = "Accept: application/json";
    for (Map.Entry<String, Integer> one :
        Map.of(
                get("/v1/events?channel=demo:head"),
                200,
                get("/v1/events?channel=demo:head&wait=55", json),
                200,
                get("/v1/events?channel=chat:head"),
                401,
                get("/v1/events?channel=unknown:head"),
                404,
                get("/v1/channel?channel=demo:head"),
                200,
                get("/v1/openapi.yaml"),
                200,
                get(
                    "/v1/ws",
                    "Connection: upgrade",
                    "Upgrade: websocket",
                    "Sec-WebSocket-Version: 13",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="),
                426)
            .entrySet()) {
      String head = one.getKey().replaceFirst("^GET", "HEAD");
      try (RawConnection connection = RawConnection.open(gateway).send(head)) {
        Http.Answer answer = connection.head();
        assertThat(answer.status()).as(head).isEqualTo(one.getValue());
        connection.halfClose();
        assertThat(connection.rest()).isEmpty();
      }
    }
    try (RawConnection connection =
        RawConnection.open(gateway)
            .send(get("/v1/events?channel=demo:head").replaceFirst("GET", "HEAD"))) {
      assertThat(connection.head().contentType()).startsWith("text/event-stream");
    }
    Channel channel = new Channel(Namespaces.DEMO, "head");
    await().atMost(LIMIT).until(() -> platform.readers(gateway, channel) == 0);
  }

  @Test
  void aStreamBeginsAfterTheAnswersToRequestsBeforeIt() throws IOException {
    Channel channel = new Channel(Namespaces.DEMO, "half-behind");
    String stream = get("/v1/events?channel=" + channel + "&from=earliest");
    List<String> before =
        List.of(
            post("/v1/events?channel=" + channel, "{\"i\":0}"),
            get("/v1/events?channel=demo:half-quiet&wait=1", "Accept: application/json"),
            get("/v1/nothing"),
            post("/v1/events?channel=" + channel, "{\"i\":1}"));
    try (RawConnection connection =
        RawConnection.open(gateway).send(String.join("", before) + stream)) {
      assertThat(connection.answer().status()).isEqualTo(201);
      assertThat(connection.answer().status()).isEqualTo(200);
      assertThat(connection.answer().status()).isEqualTo(404);
      assertThat(connection.answer().status()).isEqualTo(201);
      assertThat(connection.head().contentType()).startsWith("text/event-stream");
      until(connection, "event: tw.open");
      until(connection, "data: {\"i\":0}");
      until(connection, "data: {\"i\":1}");
    }
  }
}
