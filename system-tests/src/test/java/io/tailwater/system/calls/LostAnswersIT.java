package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.sync.RedisCommands;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls whose gateway dies, or can no longer hand over its answers: each is refused in time. */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class LostAnswersIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TOKEN = Tokens.member("lena", List.of("demo:*"), List.of("*"));
  private static final int TIMEOUT_MS = 12_000;

  private final InProcessPlatform platform;
  private TestBackend backend;
  private ExtraGateway next;

  LostAnswersIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() {
    backend = new TestBackend(0);
    next = gateway(Map.of());
  }

  private ExtraGateway gateway(Map<String, Object> more) {
    Map<String, Object> settings = new HashMap<>(more);
    settings.put("tailwater.edge.backends", "127.0.0.1:" + backend.port());
    return platform.gateway(settings).ready();
  }

  @AfterEach
  void stop() {
    next.close();
    backend.close();
  }

  @Test
  void anAnswerThatRedisLosesIsRefusedBeforeItsDeadline() throws Exception {
    URI redis = URI.create(platform.redis().uri());
    try (Relay link = new Relay(URI.create("http://127.0.0.1:" + redis.getPort()));
        RedisClient client = RedisClient.create(redis.toString());
        ExtraGateway first =
            gateway(Map.of("redis.uri", "redis://127.0.0.1:" + link.address().getPort()))) {
      RedisCommands<String, String> commands = client.connect().sync();
      try (WsPeer one = connect(first.address(), "")) {
        String session = session(one);
        long sent = System.nanoTime();
        call(one, 1, "wait.4000", "");
        call(one, 2, "wait.4000", "again");
        call(one, 3, "echo", "");
        assertThat(one.await("result").path("id").asInt()).isEqualTo(3);
        awaitKnown(commands, session, 2);
        // What was answered is not known to be open.
        try (WsPeer two = connect(next.address(), session)) {
          assertThat(two.await("welcome").at("/welcome/restored").asBoolean()).isTrue();
          // From now on Redis has neither the gateway's messages nor anything of the session.
          link.cut();
          commands.keys("*{session}:*" + id(session)).forEach(commands::del);
          assertRefused(two, sent);
          // It can come once only, and the connection goes on.
          link.up();
          call(two, 4, "wait.3000", "");
          assertThat(two.await("result").path("id").asInt()).isEqualTo(4);
        }
      }
    }
  }

  @Test
  void anAnswerThatIsHandedOverLateIsGivenOnce() throws Exception {
    try (ExtraGateway first = gateway(Map.of())) {
      String session;
      try (WsPeer one = connect(first.address(), "")) {
        session = session(one);
        call(one, 1, "wait.2000", "");
        call(one, 2, "never", "again");
        try (RedisClient client = RedisClient.create(platform.redis().uri())) {
          awaitKnown(client.connect().sync(), session, 2);
        }
        try (WsPeer two = connect(next.address(), session)) {
          assertThat(two.await("result").path("id").asInt()).isEqualTo(1);
          JsonNode refused = two.await("error");
          assertThat(refused.path("id").asInt()).isEqualTo(2);
          call(two, 3, "wait.2000", "");
          // Neither call has another answer.
          for (JsonNode frame = two.json(); frame.path("id").asInt() != 3; frame = two.json()) {
            assertThat(frame.path("id").asInt()).as(frame.toString()).isZero();
          }
        }
      }
    }
  }

  @Test
  @Tag("long")
  void callsOfAGatewayThatIsKilledAreRefusedOnTheNextOne() throws Exception {
    try (GatewayProcess doomed =
            new GatewayProcess(
                platform,
                FreePort.choose(),
                "edge-gateway-doomed",
                "-Dtailwater.edge.backends=127.0.0.1:" + backend.port());
        RedisClient client = RedisClient.create(platform.redis().uri())) {
      await().atMost(LIMIT).until(() -> backend.gateways() == 2);
      RedisCommands<String, String> commands = client.connect().sync();
      try (WsPeer stays = connect(doomed.address(), "");
          WsPeer moves = connect(doomed.address(), "")) {
        String staying = session(stays);
        String moving = session(moves);
        long sent = System.nanoTime();
        for (WsPeer peer : List.of(stays, moves)) {
          call(peer, 1, "wait.4000", "");
          call(peer, 2, "wait.4000", "again");
        }
        awaitKnown(commands, staying, 2);
        awaitKnown(commands, moving, 2);
        try (WsPeer moved = connect(next.address(), moving)) {
          moved.await("welcome");
          doomed.signal("KILL");
          try (WsPeer back = connect(next.address(), staying)) {
            assertThat(back.await("welcome").at("/welcome/restored").asBoolean()).isTrue();
            assertRefused(back, sent);
          }
          assertRefused(moved, sent);
        }
      }
      await("nothing is left in Redis")
          .atMost(LIMIT)
          .until(() -> commands.keys("*{session}:calls:*").isEmpty());
    }
  }

  /** Call 1, which has no key, and call 2, which has one, are refused within their time. */
  private static void assertRefused(WsPeer peer, long sent) {
    Map<Integer, JsonNode> refusals = new HashMap<>();
    for (int i = 0; i < 2; i++) {
      JsonNode frame = peer.await("error");
      refusals.put(frame.path("id").asInt(), frame.path("error"));
    }
    long tookMs = (System.nanoTime() - sent) / 1_000_000;
    assertThat(refusals.keySet()).containsExactlyInAnyOrder(1, 2);
    assertThat(refusals.values())
        .extracting(error -> error.path("code").asText())
        .containsOnly("unavailable");
    refusals.forEach(
        (id, error) ->
            assertThat(error.path("retry").asBoolean()).as("call " + id).isEqualTo(id == 2));
    System.out.printf("calls: lost answers were refused after %d of %d ms%n", tookMs, TIMEOUT_MS);
  }

  private static void awaitKnown(RedisCommands<String, String> redis, String session, int calls) {
    await("Redis knows the calls")
        .atMost(LIMIT)
        .until(
            () ->
                redis.keys("*{session}:calls:" + id(session)).stream().mapToLong(redis::hlen).sum()
                    == calls);
  }

  private static String session(WsPeer peer) {
    return peer.await("welcome").at("/welcome/session").asText();
  }

  private static String id(String session) {
    return session.substring("s-".length(), session.indexOf('.'));
  }

  private static void call(WsPeer socket, int id, String method, String key) {
    socket.text(
        "{\"id\":%d,\"call\":{\"method\":\"%s\",\"data\":0,\"key\":\"%s\",\"timeout_ms\":%d}}"
            .formatted(id, method, key, TIMEOUT_MS));
  }

  private static WsPeer connect(URI gateway, String session) {
    return WsPeer.request(
        gateway, "/v1/ws?access_token=" + TOKEN + (session.isEmpty() ? "" : "&session=" + session));
  }
}
