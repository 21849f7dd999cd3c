package io.tailwater.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.internal.PlatformDependent;
import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What a client can make a gateway hold for it, and for how long. */
@OnPlatforms
final class RequestLimitsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int DECLARED = 5_000_000;
  private static final Channel HONEST = new Channel(Namespaces.DEMO, "limits-honest");

  private final InProcessPlatform platform;
  private final URI gateway;

  RequestLimitsIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  /** A request whose body is announced and never sent, and the status that it gets all the same. */
  private record Unsent(int status, String path, String... headers) {}

  @TestFactory
  Collection<DynamicTest> aRequestIsJudgedBeforeItsBodyIsRead() {
    String none = "Authorization: Bearer " + Tokens.token("a", List.of("*"), List.of());
    String batch = "Content-Type: application/x-ndjson";
    List<Unsent> all =
        List.of(
            new Unsent(401, "/v1/events?channel=chat:a"),
            new Unsent(403, "/v1/events?channel=chat:a", none),
            new Unsent(401, "/v1/events?channel=chat:a", "Authorization: Bearer rubbish"),
            new Unsent(403, "/v1/events?channel=ai:a"),
            new Unsent(404, "/v1/events?channel=unknown:a"),
            new Unsent(400, "/v1/events?channel=nonsense"),
            new Unsent(400, "/v1/events?channel=demo:a&what=1"),
            new Unsent(413, "/v1/events?channel=demo:a"),
            new Unsent(415, "/v1/events?channel=demo:a", "Content-Encoding: br"),
            new Unsent(413, "/v1/events", batch),
            new Unsent(401, "/v1/tickets", "Authorization: Bearer rubbish"),
            new Unsent(413, "/v1/tickets"),
            new Unsent(401, "/v1/ai/streams"),
            new Unsent(404, "/v1/nothing"));
    return all.stream()
        .flatMap(
            one ->
                List.of("X-Plain: 1", "Expect: 100-continue").stream()
                    .map(
                        more ->
                            dynamicTest(
                                one.status() + " " + one.path() + " " + more,
                                () -> judged(one, more))))
        .toList();
  }

  private void judged(Unsent unsent, String header) {
    try (RawConnection connection =
        RawConnection.open(gateway).send(head(unsent.path(), header, unsent.headers()))) {
      Http.Answer answer = connection.answer();
      assertThat(answer.status()).as(answer.body()).isEqualTo(unsent.status());
      assertThat(answer.headers().firstValue("connection")).contains("close");
      assertThat(connection.rest()).isEmpty();
    }
  }

  private String head(String path, String header, String... headers) {
    List<String> lines = new ArrayList<>(List.of(headers));
    lines.add(header);
    if (lines.stream().noneMatch(line -> line.startsWith("Content-Type"))) {
      lines.add("Content-Type: application/json");
    }
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: "
        + gateway.getAuthority()
        + "\r\nContent-Length: "
        + DECLARED
        + "\r\n"
        + String.join("\r\n", lines)
        + "\r\n\r\n";
  }

  @Test
  void aBodyThatIsWantedIsInvited() {
    String body = "{\"n\":1}";
    String head =
        RawConnection.post(
            gateway, "/v1/events?channel=demo:invited", body, "Expect: 100-continue");
    try (RawConnection connection =
        RawConnection.open(gateway).send(head.substring(0, head.length() - body.length()))) {
      assertThat(connection.head().status()).isEqualTo(100);
      connection.send(body);
      assertThat(connection.answer().status()).isEqualTo(201);
      connection.send(head);
      Http.Answer next = connection.head();
      assertThat(next.status()).isIn(100, 201);
    }
  }

  @Test
  void aShortBodyThatIsNotWantedLeavesTheConnectionOpen() {
    String refused = RawConnection.post(gateway, "/v1/events?channel=chat:a", "{\"n\":1}");
    try (RawConnection connection = RawConnection.open(gateway)) {
      for (int turn = 0; turn < 3; turn++) {
        connection.send(refused.substring(0, refused.length() - 3));
        assertThat(connection.answer().status()).isEqualTo(401);
        connection.send(refused.substring(refused.length() - 3));
      }
      connection.send(RawConnection.get(gateway, "/v1/channel?channel=demo:a"));
      assertThat(connection.answer().status()).isEqualTo(200);
    }
  }

  @Test
  void unfinishedBodiesOfStrangersTakeNoMemory() {
    int clients = 1_000;
    byte[] part = new byte[200_000];
    long before = PlatformDependent.usedDirectMemory();
    List<RawConnection> open = new ArrayList<>();
    try {
      for (int i = 0; i < clients; i++) {
        RawConnection stranger =
            RawConnection.open(gateway).send(head("/v1/events?channel=chat:a", "X-Client: " + i));
        open.add(stranger);
        assertThat(stranger.answer().status()).isEqualTo(401);
        stranger.send(part);
        if (i % 100 == 0) {
          Http.publish(gateway, HONEST, "1");
          assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(100L << 20);
        }
      }
      assertThat(PlatformDependent.usedDirectMemory() - before).isLessThan(100L << 20);
      Http.publish(gateway, HONEST, "2");
    } finally {
      open.forEach(RawConnection::close);
    }
  }

  @Test
  void unfinishedBodiesOfOneAddressAreBounded() {
    try (ExtraGateway extra =
        platform
            .gateway(
                Map.of(
                    "tailwater.edge.limits.body-bytes-per-address",
                    1_000_000,
                    "tailwater.edge.limits.trusted-proxies",
                    List.of("127.0.0.0/8")))
            .ready()) {
      URI address = extra.address();
      List<RawConnection> open = new ArrayList<>();
      String head = batchHead(address, "203.0.113.7", 900_000);
      try {
        open.add(RawConnection.open(address).send(head).send(new byte[800_000]));
        await().atMost(LIMIT).until(() -> bodyBytes(extra) >= 800_000);
        try (RawConnection second = RawConnection.open(address).send(head)) {
          Http.Answer refused = second.answer();
          assertThat(refused.status()).as(refused.body()).isEqualTo(429);
          assertThat(refused.headers().firstValue("retry-after")).isPresent();
        }
        try (RawConnection other =
            RawConnection.open(address)
                .send(batchHead(address, "203.0.113.8", 100))
                .send("{\"channel\":\"demo:a\",\"data\":1,\"key\":\"" + "k".repeat(61) + "\"}\n")) {
          assertThat(other.answer().status()).isEqualTo(200);
        }
      } finally {
        open.forEach(RawConnection::close);
      }
      await().atMost(LIMIT).until(() -> bodyBytes(extra) == 0);
    }
  }

  private static String batchHead(URI address, String client, int length) {
    return "POST /v1/events HTTP/1.1\r\nHost: "
        + address.getAuthority()
        + "\r\nX-Forwarded-For: "
        + client
        + "\r\nContent-Type: application/x-ndjson\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  private static double bodyBytes(ExtraGateway extra) {
    return extra
        .context()
        .getBean(MeterRegistry.class)
        .get("tailwater.edge.bodies.bytes")
        .gauge()
        .value();
  }

  @Test
  void slowHeadsAndBodiesEndAndSessionsStay() {
    try (ExtraGateway extra =
        platform
            .gateway(
                Map.of(
                    "tailwater.edge.requests.head-within", "500ms",
                    "tailwater.edge.requests.body-within", "500ms",
                    "tailwater.edge.requests.body-rate", 100_000_000,
                    "tailwater.edge.requests.idle", "1s"))
            .ready()) {
      URI address = extra.address();
      Channel channel = new Channel(Namespaces.DEMO, "limits-sessions");
      String poll =
          RawConnection.get(
              address, "/v1/events?channel=" + channel + "&wait=55", "Accept: application/json");
      try (StreamPeek stream = StreamPeek.open(address, "/v1/events?channel=" + channel, Map.of());
          WsPeer socket = WsPeer.connect(address);
          RawConnection polling = RawConnection.open(address).send(poll);
          RawConnection pipelining =
              RawConnection.open(address).send(poll + poll.substring(0, 20))) {
        stream.untilLive(1);
        socket.await("welcome");
        String post = RawConnection.post(address, "/v1/events?channel=demo:slow", "\"body\"");
        for (int cut : new int[] {1, 10, post.indexOf("Host"), post.indexOf("\r\n\r\n") + 3}) {
          slow(address, post.substring(0, cut));
        }
        slow(address, post.substring(0, post.length() - 1));
        slow(address, post.substring(0, post.indexOf("\r\n\r\n") + 4));
        try (RawConnection silent = RawConnection.open(address);
            RawConnection kept = RawConnection.open(address).send(post)) {
          assertThat(kept.answer().status()).isEqualTo(201);
          assertThat(silent.rest()).isEmpty();
          assertThat(kept.rest()).isEmpty();
        }
        // Longer than any of these times by now, and still here.
        Http.publish(gateway, channel, "1");
        assertThat(polling.answer().body()).contains("\"data\":1");
        assertThat(pipelining.answer().body()).contains("\"data\":1");
        assertThat(pipelining.answer().status()).isEqualTo(408);
        assertThat(stream.next()).isNotNull();
        socket.text("{\"id\":1,\"ping\":{}}").await("pong");
      }
    }
  }

  private static void slow(URI address, String part) {
    try (RawConnection connection = RawConnection.open(address).send(part)) {
      Http.Answer answer = connection.answer();
      assertThat(answer.status()).as(part).isEqualTo(408);
      assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
      assertThat(connection.rest()).isEmpty();
    }
  }

  @Test
  void anAddressHasOnlySoManySocketsAndAProxyAnyNumber() {
    try (ExtraGateway extra =
        platform.gateway(Map.of("tailwater.edge.limits.sockets-per-address", 5)).ready()) {
      List<RawConnection> open = new ArrayList<>();
      try {
        await().atMost(LIMIT).until(() -> sockets(extra) == 0);
        for (int i = 0; i < 5; i++) {
          open.add(RawConnection.open(extra.address()));
        }
        await().atMost(LIMIT).until(() -> sockets(extra) == 5);
        try (RawConnection sixth = RawConnection.open(extra.address())) {
          Http.Answer answer = sixth.answer();
          assertThat(answer.status()).isEqualTo(429);
          assertThat(answer.json().path("code").asText()).isEqualTo("too_many_connections");
          assertThat(sixth.rest()).isEmpty();
        }
        open.removeFirst().close();
        await().atMost(LIMIT).until(() -> InProcessPlatform.answers(extra.address(), "demo:start"));
      } finally {
        open.forEach(RawConnection::close);
      }
    }
    try (ExtraGateway extra =
        platform
            .gateway(
                Map.of(
                    "tailwater.edge.limits.sockets-per-address",
                    5,
                    "tailwater.edge.limits.trusted-proxies",
                    List.of("127.0.0.0/8")))
            .ready()) {
      List<RawConnection> open = new ArrayList<>();
      try {
        for (int i = 0; i < 20; i++) {
          open.add(RawConnection.open(extra.address()));
        }
        assertThat(InProcessPlatform.answers(extra.address(), "demo:start")).isTrue();
      } finally {
        open.forEach(RawConnection::close);
      }
    }
  }

  private static double sockets(ExtraGateway extra) {
    return extra
        .context()
        .getBean(MeterRegistry.class)
        .get("tailwater.edge.sockets")
        .gauge()
        .value();
  }
}
