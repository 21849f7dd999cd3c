package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Several instances of the platform's backend at once, one of which is lost. */
@OnPlatforms
final class SeveralBackendsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String ROOM = "chat:several backends";
  private static final int CLIENTS = 8;
  private static final int MESSAGES = 15;
  private static final int MAX_ATTEMPTS = 20;

  @Test
  void callsGoOnWhenOneIsLostAndEachMessageIsThereOnce(InProcessPlatform platform)
      throws Exception {
    int port = FreePort.choose();
    AtomicInteger answered = new AtomicInteger();
    try (ApplicationContext second = platform.backend("grpc-backend-2", port);
        Relay way = new Relay(URI.create("http://127.0.0.1:" + port));
        ExtraGateway gateway =
            platform.gateway(
                Map.of(
                    "tailwater.edge.backends",
                    List.of(platform.backendAddress(), way.address().getAuthority())));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      assertThat(second.isRunning()).isTrue();
      gateway.ready();
      await().atMost(LIMIT).until(() -> links(gateway) == 2);
      List<Callable<Integer>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        String subject = "several-" + i;
        clients.add(() -> talk(gateway, subject, answered));
      }
      List<Future<Integer>> talking = clients.stream().map(threads::submit).toList();
      await().atMost(LIMIT).until(() -> answered.get() > CLIENTS * MESSAGES / 3);
      way.cut();
      int repeated = 0;
      for (Future<Integer> each : talking) {
        repeated += each.get();
      }
      System.out.printf("calls: %d repeated after a backend was lost%n", repeated);
      assertThat(links(gateway)).isEqualTo(1);
      assertThat(texts(gateway)).hasSize(CLIENTS * MESSAGES).doesNotHaveDuplicates();
      way.up();
      await("it is connected again").atMost(LIMIT).until(() -> links(gateway) == 2);
    }
  }

  private static int links(ExtraGateway gateway) {
    return Http.send(HttpRequest.newBuilder(gateway.management().resolve("/prometheus")))
        .body()
        .lines()
        .filter(line -> line.startsWith("tailwater_edge_backend_links"))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  /** Says all its messages, each until it is acknowledged. Returns how often it had to repeat. */
  private static int talk(ExtraGateway gateway, String subject, AtomicInteger answered) {
    int repeated = 0;
    try (WsPeer socket =
        WsPeer.connect(gateway.address(), "Authorization: Bearer " + token(subject))) {
      socket.await("welcome");
      int id = 0;
      for (int i = 0; i < MESSAGES; i++) {
        String text = subject + " " + i;
        for (int attempt = 0; !say(socket, ++id, text); attempt++) {
          assertThat(attempt).isLessThan(MAX_ATTEMPTS);
          repeated++;
        }
        answered.incrementAndGet();
      }
    }
    return repeated;
  }

  private static boolean say(WsPeer socket, int id, String text) {
    socket.text(
        "{\"id\":%d,\"call\":{\"method\":\"chat.send\",\"data\":{\"room\":\"%s\",\"text\":\"%s\"},\"key\":\"%s\",\"timeout_ms\":20000}}"
            .formatted(id, ROOM, text, text));
    while (true) {
      JsonNode answer = socket.json();
      if (answer.path("id").asInt() == id) {
        if (answer.has("error")) {
          assertThat(answer.at("/error/code").asText()).isEqualTo("unavailable");
          assertThat(answer.at("/error/retry").asBoolean()).isTrue();
        }
        return answer.has("result");
      }
    }
  }

  private static List<String> texts(ExtraGateway gateway) {
    List<String> texts = new ArrayList<>();
    Http.send(
            HttpRequest.newBuilder(
                    gateway
                        .address()
                        .resolve(
                            "/v1/events?from=earliest&wait=0&limit=1000&channel="
                                + ROOM.replace(" ", "%20")))
                .header("Authorization", "Bearer " + token("reader"))
                .header("Accept", "application/json"))
        .json()
        .path("events")
        .forEach(event -> texts.add(event.at("/data/text").asText()));
    return texts;
  }

  private static String token(String subject) {
    return Tokens.member(subject, List.of("chat:*"), List.of("chat.*"));
  }
}
