package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.tailwater.ai.MemoryEventCore.Faults;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.ai.stream.StreamEventCodec;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.contract.v1.ChatMessage;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.StreamState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Whole services over gRPC, on an event-core in memory and without Redis. */
final class StreamsTest {
  private static MemoryEventCore eventCore;
  private static AiService one;
  private static AiService two;

  @BeforeAll
  static void start() {
    eventCore = new MemoryEventCore();
    one = AiService.start(eventCore.address(), AiService.NO_REDIS, Map.of());
    two = AiService.start(eventCore.address(), AiService.NO_REDIS, Map.of());
  }

  @AfterAll
  static void stop() {
    one.close();
    two.close();
    eventCore.close();
  }

  @BeforeEach
  void heal() {
    eventCore.fail(Faults.NONE, 1);
  }

  @Test
  void anAnswerIsStartThenItsExactTextThenFinishWithUsage() {
    CreateStreamRequest request = prompt("Why is the sky blue?").build();
    StreamState created = one.create(request);
    assertThat(created.getStatus()).isEqualTo(StreamState.Status.RUNNING);
    assertThat(created.getChannel()).isEqualTo("ai:" + created.getId());
    assertThat(created.getId()).matches("[A-Za-z0-9]{22}");
    assertThat(eventCore.events(created.getChannel())).isNotEmpty();

    Transcript transcript = finished(created);
    assertThat(transcript.text()).isEqualTo(Transcript.expected(request));
    assertThat(transcript.start().model()).isEqualTo("mock");
    assertThat(transcript.start().channel()).isEqualTo(created.getChannel());
    assertThat(transcript.newest())
        .isEqualTo(new Finish("stop", Usage.of(transcript.start().promptTokens(), 300)));
  }

  @Test
  void emojiStandInTheLogAsTheyAre() {
    StreamState created = one.create(prompt("🚀?").build());
    finished(created);
    String all =
        eventCore.events(created.getChannel()).stream()
            .map(event -> event.getData().toStringUtf8())
            .collect(Collectors.joining());
    assertThat(all).contains("🚀").doesNotContain("\\u");
  }

  @Test
  void maxTokensAreAsManyAndEndWithLength() {
    CreateStreamRequest request = prompt("count").setMaxTokens(777).build();
    Transcript transcript = finished(one.create(request));
    assertThat(transcript.text()).isEqualTo(Transcript.expected(request));
    assertThat(((Finish) transcript.newest()).finishReason()).isEqualTo("length");
    assertThat(transcript.tokens()).isEqualTo(777);
  }

  @Test
  void anyInstanceTellsTheState() {
    StreamState created = one.create(prompt("state").setMaxTokens(50).build());
    finished(created);
    StreamState state = two.get(created.getId());
    assertThat(state.getStatus()).isEqualTo(StreamState.Status.FINISHED);
    assertThat(state.getFinishReason()).isEqualTo("length");
    assertThat(state.getCompletionTokens()).isEqualTo(50);
    assertThat(state.getModel()).isEqualTo("mock");
    assertThat(state.getCreatedMs()).isPositive();
  }

  @Test
  void anUnknownStreamIsNotFound() {
    assertStatus(() -> one.get("nothing"), Status.Code.NOT_FOUND, "unknown stream");
    assertStatus(
        () -> one.get("A".repeat(22)), Status.Code.NOT_FOUND, "nothing of this stream is left");
    assertStatus(
        () -> one.cancel("A".repeat(22)), Status.Code.NOT_FOUND, "nothing of this stream is left");
  }

  @Test
  void badInputIsRefusedWithWhatIsAccepted() {
    refused(prompt(" \n"), "the prompt is empty");
    refused(CreateStreamRequest.newBuilder().setCreator("alice"), "the prompt is empty");
    refused(
        prompt("x").addMessages(ChatMessage.newBuilder().setRole("robot").setContent("hi")),
        "'robot' is not a role; roles are system, user and assistant");
    refused(prompt("x").setMaxTokens(-1), "max_tokens is from 1 to 32768");
    refused(prompt("x").setMaxTokens(32_769), "max_tokens is from 1 to 32768");
    refused(prompt("x").setTemperature(2.1), "temperature is from 0 to 2");
    refused(prompt("x").setTemperature(Double.NaN), "temperature is from 0 to 2");
    refused(prompt("x").setModel("gpt"), "'gpt' is not a model here; there is: mock");
    refused(prompt("x").setCreator(""), "creator");
    refused(prompt("x").setIdempotencyKey("k".repeat(256)), "idempotency key");
    refused(prompt("x").setUnwatchedValue(7), "unwatched");
    refused(prompt("x".repeat(200_001)), "at most 200000 characters");
  }

  @Test
  void cancelEndsItHereWithTheTokensThatAreInTheLog() {
    StreamState created = one.create(prompt("long").setMaxTokens(30_000).build());
    StreamState cancelled = one.cancel(created.getId());
    assertThat(cancelled.getStatus()).isEqualTo(StreamState.Status.CANCELLED);
    Transcript transcript = finished(created);
    assertThat(transcript.newest())
        .isEqualTo(
            new Finish(
                "cancelled", Usage.of(transcript.start().promptTokens(), transcript.tokens())));
    assertThat(cancelled.getCompletionTokens()).isEqualTo(transcript.tokens());
  }

  @Test
  void cancelElsewhereStopsTheProducer() {
    StreamState created = one.create(prompt("long").setMaxTokens(30_000).build());
    StreamState cancelled = two.cancel(created.getId());
    assertThat(cancelled.getStatus()).isEqualTo(StreamState.Status.CANCELLED);
    assertThat(((Finish) finished(created).newest()).finishReason()).isEqualTo("cancelled");
    await().untilAsserted(() -> assertThat(running(one)).isZero());
    assertThat(two.cancel(created.getId()).getStatus()).isEqualTo(StreamState.Status.CANCELLED);
  }

  @Test
  void cancellingWhatHasEndedLeavesItAsItIs() {
    StreamState created = one.create(prompt("short").setMaxTokens(5).build());
    finished(created);
    assertThat(one.cancel(created.getId()).getFinishReason()).isEqualTo("length");
    assertThat(two.cancel(created.getId()).getFinishReason()).isEqualTo("length");
  }

  @Test
  void aRepeatedKeyJoinsOnAnyInstanceWhileItRunsAndAfter() {
    CreateStreamRequest request =
        prompt("join me").setMaxTokens(1000).setIdempotencyKey("k1").build();
    StreamState created = one.create(request);
    assertThat(created.getJoined()).isFalse();
    for (AiService each : List.of(one, two)) {
      StreamState joined = each.create(request);
      assertThat(joined.getJoined()).isTrue();
      assertThat(joined.getId()).isEqualTo(created.getId());
      assertThat(joined.getCreator()).isEqualTo("alice");
    }
    finished(created);
    StreamState late = two.create(request);
    assertThat(late.getJoined()).isTrue();
    assertThat(late.getStatus()).isEqualTo(StreamState.Status.FINISHED);
    StreamState other = two.create(request.toBuilder().setCreator("bob").build());
    assertThat(other.getJoined()).isFalse();
    assertThat(other.getId()).isNotEqualTo(created.getId());
  }

  @Test
  void concurrentCreatesWithOneKeyGiveOneGeneration() throws Exception {
    eventCore.fail(new Faults(0.1, 0.3, 0, 0.1, 0), 7);
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < 20; round++) {
        CreateStreamRequest request =
            prompt("race").setMaxTokens(100).setIdempotencyKey("race-" + round).build();
        List<Callable<StreamState>> calls =
            IntStream.range(0, 6)
                .<Callable<StreamState>>mapToObj(
                    i -> () -> (i % 2 == 0 ? one : two).create(request))
                .toList();
        List<StreamState> states = new ArrayList<>();
        for (var state : callers.invokeAll(calls)) {
          states.add(state.get());
        }
        assertThat(states.stream().filter(state -> !state.getJoined())).hasSize(1);
        assertThat(finished(states.getFirst()).text()).isEqualTo(Transcript.expected(request));
      }
    }
  }

  @Test
  void aGenerationOutlivesAnOutageOfTheLogAndLosesNothing() {
    CreateStreamRequest request = prompt("outage").setMaxTokens(3000).build();
    StreamState created = one.create(request);
    eventCore.fail(Faults.DOWN, 1);
    assertStatus(() -> two.get(created.getId()), Status.Code.UNAVAILABLE, "try again");
    int before = eventCore.events(created.getChannel()).size();
    await().during(Duration.ofMillis(500)).until(() -> running(one) == 1);
    assertThat(eventCore.events(created.getChannel())).hasSize(before);
    eventCore.fail(Faults.NONE, 1);
    assertThat(finished(created).text()).isEqualTo(Transcript.expected(request));
  }

  @Test
  void aProducerWhoseChannelWasClosedStops() {
    StreamState created = one.create(prompt("taken over").setMaxTokens(30_000).build());
    StreamEventCodec codec = new StreamEventCodec(io.micronaut.serde.ObjectMapper.getDefault());
    eventCore.publish(
        codec.request(new StreamId(created.getId()), "lost", Failed.producerLost(Usage.of(1, 1))));
    await().untilAsserted(() -> assertThat(running(one)).isZero());
    Transcript.of(eventCore.events(created.getChannel()));
    StreamState state = one.get(created.getId());
    assertThat(state.getStatus()).isEqualTo(StreamState.Status.FAILED);
    assertThat(state.getErrorCode()).isEqualTo("producer_lost");
  }

  @Test
  void createIsUnavailableWhileTheLogIsAndStartsNothingInSecret() {
    try (AiService hasty =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of("tailwater.ai.create-timeout", "300ms"))) {
      int before = eventCore.channels().size();
      eventCore.fail(Faults.DOWN, 1);
      assertStatus(
          () -> hasty.create(prompt("down").setMaxTokens(30_000).build()),
          Status.Code.UNAVAILABLE,
          "try again");
      eventCore.fail(Faults.NONE, 1);
      await().untilAsserted(() -> assertThat(running(hasty)).isZero());
      List<String> channels = eventCore.channels();
      for (String channel : channels.subList(before, channels.size())) {
        assertThat(Transcript.of(eventCore.events(channel)).ended()).isTrue();
      }
    }
  }

  @Test
  void oneMoreThanMayRunIsRefused() {
    try (AiService small =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of("tailwater.ai.max-running", 2, "tailwater.ai.tokens-per-second", 50))) {
      small.create(prompt("1").build());
      StreamState second = small.create(prompt("2").build());
      assertStatus(
          () -> small.create(prompt("3").build()),
          Status.Code.RESOURCE_EXHAUSTED,
          "its limit of 2 streams");
      small.cancel(second.getId());
      await().untilAsserted(() -> assertThat(running(small)).isEqualTo(1));
      small.create(prompt("3").build());
    }
  }

  @Test
  void stoppingEndsWhatRunsPromptly() {
    AiService leaving =
        AiService.start(
            eventCore.address(), AiService.NO_REDIS, Map.of("tailwater.ai.tokens-per-second", 50));
    List<StreamState> created =
        IntStream.range(0, 20)
            .mapToObj(i -> leaving.create(prompt("bye " + i).setMaxTokens(2_000).build()))
            .toList();
    long began = System.nanoTime();
    leaving.close();
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isLessThan(Duration.ofSeconds(15));
    for (StreamState each : created) {
      Transcript transcript = Transcript.of(eventCore.events(each.getChannel()));
      assertThat(((Failed) transcript.newest()).code()).isEqualTo("shutting_down");
    }
  }

  private static void refused(CreateStreamRequest.Builder request, String why) {
    assertStatus(() -> one.create(request.build()), Status.Code.INVALID_ARGUMENT, why);
  }

  private static void assertStatus(ThrowingCallable call, Status.Code code, String message) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class,
            e -> {
              assertThat(e.getStatus().getCode()).isEqualTo(code);
              assertThat(e.getStatus().getDescription()).contains(message);
            });
  }

  private static int running(AiService service) {
    return service.context().getBean(Parts.class).streams().running().size();
  }

  private static Transcript finished(StreamState stream) {
    return await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> Transcript.of(eventCore.events(stream.getChannel())), Transcript::ended);
  }
}
