package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.ai.MemoryEventCore.Faults;
import io.tailwater.ai.stream.StreamEvent;
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
import java.util.Objects;
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
    assertThat(start(transcript).model()).isEqualTo("mock");
    assertThat(start(transcript).channel()).isEqualTo(created.getChannel());
    assertThat(transcript.newest())
        .isEqualTo(new Finish("stop", Usage.of(start(transcript).promptTokens(), 300)));
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
  void tokensAreRolledUp() {
    try (AiService slow =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of("tailwater.ai.roll-up", "300ms", "tailwater.ai.tokens-per-second", 200))) {
      CreateStreamRequest request = prompt("roll up").setMaxTokens(300).build();
      StreamState created = slow.create(request);
      Transcript transcript = finished(created);
      assertThat(transcript.text()).isEqualTo(Transcript.expected(request));
      assertThat(transcript.deltas()).hasSizeBetween(1, 7);
    }
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
    assertStatus(
        () -> one.create(prompt("x").setModel("gpt").build()),
        Status.Code.NOT_FOUND,
        "'gpt' is not a model here; there is: mock, mock-stress");
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
                "cancelled", Usage.of(start(transcript).promptTokens(), transcript.tokens())));
    assertThat(cancelled.getCompletionTokens()).isEqualTo(transcript.tokens());
  }

  @Test
  void cancelElsewhereStopsTheProducer() {
    StreamState created = one.create(prompt("long").setMaxTokens(30_000).build());
    StreamState cancelled = two.cancel(created.getId());
    assertThat(cancelled.getStatus()).isEqualTo(StreamState.Status.CANCELLED);
    assertThat(((Finish) finished(created).newest()).finishReason()).isEqualTo("cancelled");
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(running(one)).isZero());
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
    await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(running(one)).isZero());
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
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(running(hasty)).isZero());
      List<String> channels = eventCore.channels();
      for (String channel : channels.subList(before, channels.size())) {
        assertThat(Transcript.of(eventCore.events(channel)).ended()).isTrue();
      }
    }
  }

  @Test
  void oneMoreThanMayRunAndWaitIsRefused() {
    try (AiService small =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of(
                "tailwater.ai.max-running", 2,
                "tailwater.ai.max-queued", 1,
                "tailwater.ai.tokens-per-second", 50))) {
      small.create(prompt("1").build());
      StreamState second = small.create(prompt("2").build());
      StreamState third = small.create(prompt("3").build());
      assertThat(third.getStatus()).isEqualTo(StreamState.Status.QUEUED);
      assertStatus(
          () -> small.create(prompt("4").build()),
          Status.Code.UNAVAILABLE,
          "its limit of 2 running and 1 queued streams");
      small.cancel(second.getId());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(
              () ->
                  assertThat(two.get(third.getId()).getStatus())
                      .isEqualTo(StreamState.Status.RUNNING));
      assertThat(small.create(prompt("4").build()).getStatus())
          .isEqualTo(StreamState.Status.QUEUED);
    }
  }

  @Test
  void aQueuedStreamTellsHowManyAreAheadUntilItStarts() {
    try (AiService small = busy()) {
      StreamState first = small.create(prompt("1").setMaxTokens(30_000).build());
      CreateStreamRequest request = prompt("2").setMaxTokens(200).build();
      StreamState second = small.create(request);
      StreamState third = small.create(prompt("3").setCreator("bob").build());
      StreamState fourth = small.create(prompt("4").build());
      assertThat(second.getStatus()).isEqualTo(StreamState.Status.QUEUED);
      assertThat(two.get(fourth.getId()).getAhead()).as("bob is before it").isEqualTo(2);
      assertThat(two.get(third.getId()).getAhead()).isEqualTo(1);
      assertThat(two.get(third.getId()).getModel()).isEqualTo("mock");
      small.cancel(first.getId());
      Transcript served = finished(second);
      assertThat(served.queued()).containsExactly(0);
      assertThat(served.text()).isEqualTo(Transcript.expected(request));
      Transcript last = finished(fourth);
      assertThat(last.queued()).startsWith(2).isSortedAccordingTo((a, b) -> b - a);
      assertThat(two.get(fourth.getId()).getPromptTokens()).isPositive();
      assertThat(two.get(fourth.getId()).getStatus()).isEqualTo(StreamState.Status.FINISHED);
    }
  }

  @Test
  void aQueuedStreamIsCancelledAtOnceHereAndNoticedElsewhere() {
    try (AiService small = busy()) {
      small.create(prompt("1").setMaxTokens(30_000).build());
      StreamState here = small.create(prompt("2").build());
      StreamState elsewhere = small.create(prompt("3").build());
      assertThat(small.cancel(here.getId()).getStatus()).isEqualTo(StreamState.Status.CANCELLED);
      assertThat(two.cancel(elsewhere.getId()).getStatus()).isEqualTo(StreamState.Status.CANCELLED);
      for (StreamState each : List.of(here, elsewhere)) {
        Transcript transcript = finished(each);
        assertThat(transcript.start()).isNull();
        assertThat(transcript.newest()).isEqualTo(new Finish("cancelled", Usage.of(0, 0)));
      }
      await()
          .atMost(Duration.ofSeconds(60))
          .untilAsserted(() -> assertThat(running(small)).isLessThan(2));
    }
  }

  @Test
  void aRepeatedKeyJoinsWhatIsQueued() {
    try (AiService small = busy()) {
      small.create(prompt("1").setMaxTokens(30_000).build());
      CreateStreamRequest keyed = prompt("2").setIdempotencyKey("queued").build();
      StreamState queued = small.create(keyed);
      for (AiService each : List.of(small, two)) {
        StreamState joined = each.create(keyed);
        assertThat(joined.getId()).isEqualTo(queued.getId());
        assertThat(joined.getJoined()).isTrue();
        assertThat(joined.getStatus()).isEqualTo(StreamState.Status.QUEUED);
      }
    }
  }

  /** One that runs a single stream. */
  private static AiService busy() {
    return AiService.start(
        eventCore.address(), AiService.NO_REDIS, Map.of("tailwater.ai.max-running", 1));
  }

  @Test
  void aSubjectAndAnAddressHaveTheirPlacesAndNoMore() {
    try (AiService small =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of(
                "tailwater.ai.max-running-per-subject", 1,
                "tailwater.ai.max-running-per-address", 2,
                "tailwater.ai.max-queued", 0,
                "tailwater.ai.tokens-per-second", 50))) {
      StreamState first = small.create(prompt("1").setAddress("192.0.2.1").build());
      assertStatus(
          () -> small.create(prompt("2").setAddress("192.0.2.2").build()),
          Status.Code.RESOURCE_EXHAUSTED,
          "a subject has at most 1 running streams");
      CreateStreamRequest.Builder anyone =
          prompt("3").setCreator("anonymous").setAnonymous(true).setAddress("192.0.2.1");
      small.create(anyone.build());
      assertStatus(
          () -> small.create(anyone.build()),
          Status.Code.RESOURCE_EXHAUSTED,
          "an address has at most 2 running streams");
      small.create(anyone.setAddress("192.0.2.3").build());
      small.cancel(first.getId());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(running(small)).isEqualTo(2));
      small.create(prompt("4").setAddress("192.0.2.1").build());
    }
  }

  @Test
  void eachStreamHasOneEventWithItsUsageOnTheChannelOfItsSubject() {
    Map<String, Object> settings =
        Map.of("tailwater.ai.usage-namespace", "ai-usage", "tailwater.ai.tokens-per-second", 2_000);
    try (AiService first = AiService.start(eventCore.address(), AiService.NO_REDIS, settings);
        AiService second = AiService.start(eventCore.address(), AiService.NO_REDIS, settings)) {
      StreamState whole = first.create(prompt("x").setCreator("payer").setMaxTokens(5).build());
      StreamState cancelled =
          first.create(prompt("y").setCreator("payer").setMaxTokens(30_000).build());
      finished(whole);
      first.cancel(cancelled.getId());
      StreamState elsewhere =
          first.create(prompt("z").setCreator("payer2").setMaxTokens(30_000).build());
      second.cancel(elsewhere.getId());
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(running(first)).isZero());
      List<String> usage = usage("ai-usage:payer");
      assertThat(usage).hasSize(2);
      assertThat(usage.getFirst())
          .isEqualTo(
              "{\"stream\":\""
                  + whole.getId()
                  + "\",\"subject\":\"payer\",\"model\":\"mock\",\"status\":\"finished\","
                  + "\"prompt_tokens\":1,\"completion_tokens\":5,\"total_tokens\":6}");
      assertThat(usage.get(1)).contains(cancelled.getId(), "\"status\":\"cancelled\"");
      assertThat(usage("ai-usage:unknown"))
          .as("without Redis, another instance does not know the creator")
          .anySatisfy(event -> assertThat(event).contains(elsewhere.getId()));
      assertThat(usage("ai-usage:payer2")).isEmpty();
    }
  }

  @Test
  void aModelWithAPriceSaysWhatAnAnswerCost() {
    Map<String, Object> settings =
        Map.of(
            "tailwater.ai.usage-namespace", "ai-usage",
            "tailwater.ai.currency", "EUR",
            "tailwater.ai.models.mock.prompt-price", "0.15",
            "tailwater.ai.models.mock.completion-price", "2.5",
            "tailwater.ai.models.mock.aliases", "gpt-4o-mini");
    try (AiService priced = AiService.start(eventCore.address(), AiService.NO_REDIS, settings)) {
      StreamState created =
          priced.create(
              prompt("x").setCreator("customer").setModel("gpt-4o-mini").setMaxTokens(5).build());
      StreamState free =
          priced.create(
              prompt("x").setCreator("customer").setModel("mock-stress").setMaxTokens(5).build());
      assertThat(created.getModel()).isEqualTo("mock");
      finished(created);
      finished(free);
      assertThat(usage("ai-usage:customer"))
          .filteredOn(event -> event.contains(created.getId()))
          .singleElement()
          .asString()
          .endsWith("\"total_tokens\":6,\"cost\":\"0.00001265\",\"currency\":\"EUR\"}");
      assertThat(usage("ai-usage:customer"))
          .filteredOn(event -> event.contains(free.getId()))
          .singleElement()
          .asString()
          .doesNotContain("cost");
      assertThat(cost(priced, "tailwater.ai.usage.cost", "model", "mock")).isEqualTo(0.00001265);
      assertThat(cost(priced, "tailwater.ai.subject.cost", "subject", "customer"))
          .isEqualTo(0.00001265);
      assertThat(cost(priced, "tailwater.ai.usage.cost", "model", "mock-stress")).isZero();
    }
  }

  private static double cost(AiService service, String metric, String tag, String value) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(
            () ->
                service
                    .context()
                    .getBean(MeterRegistry.class)
                    .get(metric)
                    .tags(tag, value, "currency", "EUR")
                    .counter()
                    .count(),
            count -> count > 0 || value.equals("mock-stress"));
  }

  @Test
  void aModelHasPlacesOfItsOwn() {
    try (AiService small =
        AiService.start(
            eventCore.address(),
            AiService.NO_REDIS,
            Map.of(
                "tailwater.ai.models.mock.max-running", 1,
                "tailwater.ai.models.mock.max-queued", 1))) {
      StreamState first = small.create(prompt("1").setMaxTokens(30_000).build());
      StreamState second = small.create(prompt("2").setCreator("bob").build());
      assertThat(second.getStatus()).isEqualTo(StreamState.Status.QUEUED);
      assertStatus(
          () -> small.create(prompt("3").setCreator("carol").build()),
          Status.Code.UNAVAILABLE,
          "the model mock is here at its limit of 1 running and 1 queued streams");
      StreamState other = small.create(prompt("4").setModel("mock-stress").setMaxTokens(5).build());
      finished(other);
      small.cancel(first.getId());
      finished(second);
    }
  }

  private static List<String> usage(String channel) {
    return eventCore.events(channel).stream().map(event -> event.getData().toStringUtf8()).toList();
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

  private static StreamEvent.Start start(Transcript transcript) {
    return Objects.requireNonNull(transcript.start());
  }

  private static int running(AiService service) {
    return service.context().getBean(Parts.class).streams().running().size();
  }

  private static Transcript finished(StreamState stream) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> Transcript.of(eventCore.events(stream.getChannel())), Transcript::ended);
  }
}
