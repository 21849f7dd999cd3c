package io.tailwater.system.snapshots;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.EventStreamParser;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Whoever joins an AI answer late gets its text once, and then the deltas. */
@OnPlatforms
final class LateJoinerIT {
  private static final Duration PATIENCE = Duration.ofSeconds(Scale.of(60, 300));
  private static final String TOKEN = Tokens.token("late", List.of("ai:*"), List.of("ai:*"));

  private final URI first;
  private final URI second;

  LateJoinerIT(InProcessPlatform platform) {
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
  }

  @Test
  void aFinishedAnswerIsItsTextAndItsClosingEvent() {
    JsonNode made = create(Scale.of(1_500, 30_000));
    await()
        .atMost(PATIENCE)
        .until(
            () ->
                get("/v1/ai/streams/" + made.path("id").asText())
                    .json()
                    .path("status")
                    .asText()
                    .equals("finished"));
    String exact = text(blocks(made.path("events").asText().replace("=state", "=earliest")));
    String body = get(made.path("events").asText()).body();
    List<Block> late = parsed(body);
    assertThat(late.getFirst().type()).isEqualTo("tw.open");
    assertThat(late.getLast().type()).isEqualTo("tw.end");
    assertThat(late).filteredOn(block -> block.type().equals("finish")).hasSize(1);
    assertThat(late).noneMatch(block -> block.type().equals("delta"));
    assertThat(text(late)).isEqualTo(exact);
    assertThat(body.getBytes(StandardCharsets.UTF_8).length)
        .isLessThan((int) (1.1 * exact.getBytes(StandardCharsets.UTF_8).length) + 1_500);
  }

  @Test
  void aRunningAnswerGoesOnWithTheDeltasAfterItsText() {
    JsonNode made = create(1_500);
    String events = made.path("events").asText();
    try (StreamPeek early = StreamPeek.open(first, events, Map.of("Accept", "text/event-stream"))) {
      Block block = early.next();
      while (!block.type().equals("delta")) {
        block = early.next();
      }
      try (StreamPeek late =
          StreamPeek.open(second, events, Map.of("Accept", "text/event-stream"))) {
        List<Block> all = late.untilEnd();
        List<Block> states = all.stream().filter(one -> one.type().equals("tw.state")).toList();
        JsonNode last = Json.tree(String.valueOf(states.getLast().data()));
        List<Integer> indexes =
            all.stream()
                .filter(one -> one.type().equals("delta"))
                .map(one -> Json.tree(String.valueOf(one.data())).path("index").asInt())
                .toList();
        int next = last.path("index").asInt() + 1;
        for (int index : indexes) {
          assertThat(index).isEqualTo(next++);
        }
        assertThat(text(all)).isEqualTo(text(blocks(events.replace("=state", "=earliest"))));
      }
    }
  }

  /** The text of a stream: that of its snapshot, and that of the deltas after it. */
  private static String text(List<Block> blocks) {
    StringBuilder text = new StringBuilder();
    for (Block block : blocks) {
      JsonNode data = Json.tree(block.data() == null ? "{}" : block.data());
      if (block.type().equals("tw.state")) {
        data.path("parts")
            .forEach(
                part -> {
                  if (part.path("kind").asText().equals("text")) {
                    text.append(part.path("text").asText());
                  }
                });
      } else if (block.type().equals("delta") && data.path("kind").asText().equals("text")) {
        text.append(data.path("text").asText());
      }
    }
    return text.toString();
  }

  private JsonNode create(int tokens) {
    Http.Answer made =
        Http.send(
            request("/v1/ai/streams?from=state")
                .header("Content-Type", "application/json")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"prompt\":\"Tell me of the sea\",\"seed\":3,\"max_tokens\":%d}"
                            .formatted(tokens))));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    return made.json();
  }

  private List<Block> blocks(String events) {
    return parsed(get(events).body());
  }

  private static List<Block> parsed(String body) {
    List<Block> blocks = new ArrayList<>();
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    new EventStreamParser(blocks::add).feed(bytes, bytes.length, 0);
    return blocks;
  }

  private Http.Answer get(String path) {
    return Http.send(request(path));
  }

  private HttpRequest.Builder request(String path) {
    HttpRequest.Builder request = HttpRequest.newBuilder(first.resolve(path));
    return path.contains("ticket=")
        ? request.header("Accept", "text/event-stream")
        : request.header("Authorization", "Bearer " + TOKEN);
  }
}
