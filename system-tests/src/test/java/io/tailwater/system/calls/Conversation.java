package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Several clients that say messages in one room by calls of {@code chat.send}, each message with
 * its key until it is acknowledged. A call that fails must say so within its time, and that it may
 * be repeated.
 */
public final class Conversation implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int CLIENTS = 8;

  /** How long messages may be refused while no backend runs. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final Duration PAUSE = Duration.ofMillis(100);

  private final URI platform;
  private final String room;
  private final int messages;
  private final AtomicInteger acknowledged = new AtomicInteger();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final List<Future<Integer>> talking = new ArrayList<>();

  /**
   * Begins it.
   *
   * @param messages how many each client has to say
   */
  public Conversation(URI platform, String room, int messages) {
    this.platform = platform;
    this.room = room;
    this.messages = messages;
    for (int i = 0; i < CLIENTS; i++) {
      String subject = "talks-" + i;
      talking.add(threads.submit(() -> talk(subject)));
    }
  }

  /** Waits until a third of all messages is acknowledged. */
  public void awaitUnderWay() {
    await().atMost(LIMIT).until(() -> acknowledged.get() > CLIENTS * messages / 3);
  }

  /** Whether something is still to be said. */
  public boolean isUnderWay() {
    return acknowledged.get() < CLIENTS * messages;
  }

  /**
   * Waits until all is said, and asserts that each message is there once. How often it had to be
   * repeated.
   */
  public int end() throws InterruptedException, ExecutionException {
    int repeated = 0;
    for (Future<Integer> each : talking) {
      repeated += each.get();
    }
    assertThat(texts()).hasSize(CLIENTS * messages).doesNotHaveDuplicates();
    return repeated;
  }

  private int talk(String subject) {
    AtomicInteger repeated = new AtomicInteger();
    AtomicInteger ids = new AtomicInteger();
    try (WsPeer socket = WsPeer.connect(platform, "Authorization: Bearer " + token(subject))) {
      socket.await("welcome");
      for (int i = 0; i < messages; i++) {
        String text = subject + " " + i;
        if (!say(socket, ids.incrementAndGet(), text)) {
          await()
              .pollInSameThread()
              .pollInterval(PAUSE)
              .atMost(PATIENCE)
              .until(
                  () -> {
                    repeated.incrementAndGet();
                    return say(socket, ids.incrementAndGet(), text);
                  });
        }
        acknowledged.incrementAndGet();
      }
    }
    return repeated.get();
  }

  private boolean say(WsPeer socket, int id, String text) {
    socket.text(
        "{\"id\":%d,\"call\":{\"method\":\"chat.send\",\"data\":{\"room\":\"%s\",\"text\":\"%s\"},\"key\":\"%s\",\"timeout_ms\":20000}}"
            .formatted(id, room, text, text));
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

  private List<String> texts() {
    List<String> texts = new ArrayList<>();
    Http.send(
            HttpRequest.newBuilder(
                    platform.resolve(
                        "/v1/events?from=earliest&wait=0&limit=1000&channel="
                            + Wanted.encoded(room)))
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

  @Override
  public void close() {
    threads.shutdownNow();
  }
}
