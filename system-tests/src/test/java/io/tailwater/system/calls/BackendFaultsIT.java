package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/**
 * A ledger of calls while the backend is killed and started again, is slow, says rubbish and
 * floods: each call has one outcome, and events are untouched.
 */
@OnPlatforms
final class BackendFaultsIT {
  private static final int KILLS = Scale.of(2, 20);
  private static final int CALLERS = 4;
  private static final int CALLS_BETWEEN_KILLS = 150;
  private static final int TIMEOUT_MS = 400;
  private static final List<String> METHODS =
      List.of("echo", "echo", "echo", "wait.100", "twice", "rubbish", "never");
  private static final Set<String> CODES = Set.of("unavailable", "timeout", "internal");

  private final InProcessPlatform platform;

  BackendFaultsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void everyCallHasOneOutcomeAndEveryEventArrivesOnce() throws Exception {
    int port = FreePort.choose();
    TestBackend backend = new TestBackend(port);
    try (ExtraGateway gateway =
            platform.gateway(
                Map.of(
                    "redis.uri",
                    platform.redis().uri(),
                    "tailwater.edge.backends",
                    "127.0.0.1:" + port));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      gateway.ready();
      for (int kill = 0; kill < KILLS; kill++) {
        int round = kill;
        List<Future<Map<Long, String>>> callers = new ArrayList<>();
        for (int i = 0; i < CALLERS; i++) {
          int caller = i;
          callers.add(threads.submit(() -> calls(gateway, "caller-" + caller, round)));
        }
        Future<?> events = threads.submit(() -> events(gateway, round));
        for (int i = 0; i < 1_000; i++) {
          backend.send(
              ToGateway.newBuilder()
                  .setPush(TestBackend.push("\"flood\"").setSubject("caller-0"))
                  .build());
        }
        backend.close();
        backend = new TestBackend(port);
        for (Future<Map<Long, String>> each : callers) {
          assertThat(each.get()).hasSize(CALLS_BETWEEN_KILLS);
        }
        events.get();
      }
    } finally {
      backend.close();
    }
  }

  /** Makes calls one after the other in small groups; the outcomes by their ids. */
  private static Map<Long, String> calls(ExtraGateway gateway, String subject, int round) {
    Map<Long, String> outcomes = new HashMap<>();
    String token = Tokens.caller(subject, List.of("*"));
    try (WsPeer socket = WsPeer.connect(gateway.address(), "Authorization: Bearer " + token)) {
      socket.await("welcome");
      int group = 10;
      for (int first = 0; first < CALLS_BETWEEN_KILLS; first += group) {
        for (int i = first; i < first + group; i++) {
          socket.text(
              "{\"id\":%d,\"call\":{\"method\":\"%s\",\"data\":%d,\"key\":\"%d-%d\",\"timeout_ms\":%d}}"
                  .formatted(i + 1, METHODS.get(i % METHODS.size()), i, round, i, TIMEOUT_MS));
        }
        for (int answers = 0; answers < group; ) {
          JsonNode frame = socket.json();
          if (!frame.has("result") && !frame.has("error")) {
            continue;
          }
          answers++;
          long id = frame.path("id").asLong();
          JsonNode error = frame.path("error");
          if (error.isMissingNode()) {
            assertThat(frame.at("/result/data").asLong()).isEqualTo(id - 1);
          } else {
            assertThat(error.path("code").asText()).isIn(CODES);
            assertThat(error.path("retry").asBoolean()).isTrue();
          }
          assertThat(outcomes.put(id, frame.toString())).as("a second outcome").isNull();
        }
      }
    }
    return outcomes;
  }

  private static void events(ExtraGateway gateway, int round) {
    String channel = "demo:beside faults " + round;
    try (WsPeer socket = WsPeer.connect(gateway.address())) {
      socket.await("welcome");
      socket.text("{\"id\":1,\"subscribe\":{\"channel\":\"%s\"}}".formatted(channel));
      socket.await("live");
      int events = 100;
      for (int i = 0; i < events; i++) {
        socket.text(
            "{\"id\":%d,\"publish\":{\"channel\":\"%s\",\"data\":{\"n\":%d}}}"
                .formatted(i + 2, channel, i));
      }
      List<Integer> seen = new ArrayList<>();
      while (seen.size() < events) {
        JsonNode frame = socket.json();
        assertThat(frame.has("error")).as(frame.toString()).isFalse();
        frame.path("events").forEach(event -> seen.add(event.at("/data/n").asInt()));
      }
      for (int i = 0; i < events; i++) {
        assertThat(seen.get(i)).isEqualTo(i);
      }
    }
  }
}
