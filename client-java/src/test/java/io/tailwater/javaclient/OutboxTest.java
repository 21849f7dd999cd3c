package io.tailwater.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.PublishOptions.Published;
import io.tailwater.javaclient.loop.Backoff;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class OutboxTest {
  private final ManualLoop loop = new ManualLoop();
  private final Server server = new Server();
  private final Outbox outbox = new Outbox(loop, server, new Backoff(500, 30_000, 100), 3);

  /** What a test answers for. */
  private static final class Server implements Outbox.Sending {
    private final List<String> sent = new ArrayList<>();
    private CompletableFuture<JsonNode> last = new CompletableFuture<>();
    private boolean connected = true;

    @Override
    public boolean isConnected() {
      return connected;
    }

    @Override
    public CompletableFuture<JsonNode> send(ObjectNode frame) {
      sent.add(frame.path("key").asText());
      last = new CompletableFuture<>();
      return last;
    }

    private void store(String id) {
      last.complete(Json.object().put("id", id).put("duplicate", false));
    }

    private void fail(TailwaterException failure) {
      last.completeExceptionally(failure);
    }
  }

  private CompletableFuture<Published> publish(String channel, String key) {
    return outbox.publish(Json.object().put("channel", channel).put("key", key).put("data", 1));
  }

  private static TailwaterException failure(CompletableFuture<?> of) {
    assertThat(of.isDone()).isTrue();
    return TailwaterException.from(of.handle((value, error) -> error).join());
  }

  @Test
  void oneIsSentAfterTheOtherHasAVerdict() {
    CompletableFuture<Published> one = publish("demo:a", "1");
    CompletableFuture<Published> two = publish("demo:a", "2");
    assertThat(server.sent).containsExactly("1");
    server.store("k-1");
    assertThat(one.join()).isEqualTo(new Published("k-1", false));
    assertThat(server.sent).containsExactly("1", "2");
    server.store("k-2");
    assertThat(two.join().id()).isEqualTo("k-2");
  }

  @Test
  void channelsDoNotWaitForEachOther() {
    publish("demo:a", "1");
    publish("demo:b", "2");
    assertThat(server.sent).containsExactly("1", "2");
  }

  @Test
  void aFullOutboxRefusesTheNewOneAndTakesItWhenThereIsRoom() {
    publish("demo:a", "1");
    publish("demo:a", "2");
    publish("demo:a", "3");
    TailwaterException full = failure(publish("demo:a", "4"));
    assertThat(full.code()).isEqualTo("outbox_full");
    assertThat(full.retry()).isTrue();
    server.store("k-1");
    assertThat(publish("demo:a", "4")).isNotDone();
  }

  @Test
  void aKeyThatWaitsIsRefusedOnTheSameChannel() {
    publish("demo:a", "1");
    assertThat(failure(publish("demo:a", "1")).code()).isEqualTo("invalid_request");
    assertThat(publish("demo:b", "1")).isNotDone();
  }

  @Test
  void aPassingFailureIsTriedAgainWithTheSameKeyAndALastingOneIsTheVerdict() {
    CompletableFuture<Published> one = publish("demo:a", "1");
    server.fail(TailwaterException.unavailable("gone"));
    loop.pass(500);
    assertThat(server.sent).containsExactly("1", "1");
    server.fail(TailwaterException.lasting("forbidden", "no"));
    assertThat(failure(one).code()).isEqualTo("forbidden");
    assertThat(failure(one).outcomeUnknown()).isFalse();
  }

  @Test
  void aConnectionThatOpensEndsThePause() {
    publish("demo:a", "1");
    server.fail(TailwaterException.unavailable("gone"));
    outbox.wake();
    assertThat(server.sent).containsExactly("1", "1");
  }

  @Test
  void whatIsTriedForFiftyMinutesInVainHasAnUnknownOutcome() {
    CompletableFuture<Published> one = publish("demo:a", "1");
    server.fail(TailwaterException.unavailable("gone"));
    for (int minute = 0; minute <= 51; minute++) {
      loop.pass(60_000);
      server.fail(TailwaterException.unavailable("gone"));
    }
    loop.pass(60_000);
    assertThat(failure(one).outcomeUnknown()).isTrue();
    assertThat(failure(one).code()).isEqualTo("timeout");
  }

  @Test
  void whatWasNeverSentWaitsForDays() {
    server.connected = false;
    CompletableFuture<Published> one = publish("demo:a", "1");
    loop.pass(6L * 24 * 3_600_000);
    assertThat(one).isNotDone();
    loop.pass(25L * 3_600_000);
    assertThat(failure(one).outcomeUnknown()).isFalse();
    assertThat(server.sent).isEmpty();
  }

  @Test
  void closingTellsWhichOutcomesAreUnknown() {
    CompletableFuture<Published> inFlight = publish("demo:a", "1");
    CompletableFuture<Published> waiting = publish("demo:a", "2");
    outbox.close();
    assertThat(failure(inFlight).outcomeUnknown()).isTrue();
    assertThat(failure(waiting).outcomeUnknown()).isFalse();
    assertThat(failure(publish("demo:a", "3")).code()).isEqualTo("closed");
  }

  /** Answers are lost or fail at random; a log that remembers keys has each once, in order. */
  @Property(tries = 200)
  void theLogHasEveryPublicationOnceAndInOrder(@ForAll long seed) {
    Random random = new Random(seed);
    ManualLoop time = new ManualLoop(seed);
    Map<String, List<String>> log = new HashMap<>();
    Outbox sending =
        new Outbox(
            time,
            new Outbox.Sending() {
              @Override
              public boolean isConnected() {
                return random.nextInt(5) > 0;
              }

              @Override
              public CompletableFuture<JsonNode> send(ObjectNode frame) {
                CompletableFuture<JsonNode> answer = new CompletableFuture<>();
                boolean stored = random.nextInt(3) > 0;
                if (stored) {
                  List<String> channel =
                      log.computeIfAbsent(frame.path("channel").asText(), c -> new ArrayList<>());
                  if (!channel.contains(frame.path("key").asText())) {
                    channel.add(frame.path("key").asText());
                  }
                }
                boolean answered = stored && random.nextInt(3) > 0;
                time.schedule(
                    random.nextInt(200),
                    () -> {
                      if (answered) {
                        answer.complete(Json.object().put("id", "k-1"));
                      } else {
                        answer.completeExceptionally(TailwaterException.unavailable("lost"));
                      }
                    });
                return answer;
              }
            },
            new Backoff(500, 30_000, 100),
            1_000);
    Map<String, List<String>> published = new HashMap<>();
    for (int i = 0; i < 60; i++) {
      String channel = "demo:" + random.nextInt(3);
      published.computeIfAbsent(channel, c -> new ArrayList<>()).add("" + i);
      sending.publish(Json.object().put("channel", channel).put("key", "" + i).put("data", i));
      time.pass(random.nextInt(100));
    }
    time.pass(40L * 60_000);
    assertThat(log).isEqualTo(published);
  }
}
