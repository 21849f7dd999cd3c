package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micronaut.context.ApplicationContext;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.core.EventCore;
import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.FreePort;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Generations into two real event-cores with a real Kafka, which go and come back meanwhile; so
 * Kafka is the embedded one.
 */
@Order(2)
@SuppressWarnings("NullAway.Init")
final class GenerationsIT {
  private static final int CORES = 2;

  private static final List<Integer> ports = List.of(FreePort.choose(), FreePort.choose());
  private static final List<ApplicationContext> cores = new ArrayList<>();
  private static RedisServer redis;
  private static EmbeddedKafka kafka;
  private static ServiceChannel log;
  private static Path data;
  private AiService one;
  private AiService two;

  @BeforeAll
  static void startPlatform(@TempDir Path directory) {
    data = directory;
    kafka = EmbeddedKafka.open(data.resolve("kafka"));
    redis = TestServers.redis();
    log =
        ServiceChannel.open(
            ports.stream().map(port -> "127.0.0.1:" + port).toList(),
            EventCoreGrpc.getServiceDescriptor());
    IntStream.range(0, CORES).forEach(i -> cores.add(core(i)));
  }

  @AfterAll
  static void stopPlatform() {
    log.close();
    cores.forEach(ApplicationContext::close);
    redis.close();
    kafka.close();
  }

  @BeforeEach
  void start() {
    one = ai();
    two = ai();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  @Test
  void theExactTextIsInTheLogAlthoughEventCoresAndKafkaGoAndComeBack() {
    List<CreateStreamRequest> requests =
        IntStream.range(0, 5)
            .mapToObj(i -> prompt("Tell me of " + i).setMaxTokens(30_000).build())
            .toList();
    List<StreamState> streams =
        IntStream.range(0, 5)
            .mapToObj(i -> (i % 2 == 0 ? one : two).create(requests.get(i)))
            .toList();
    for (int i = 0; i < CORES; i++) {
      grows(streams.getFirst());
      cores.get(i).close();
      grows(streams.getFirst());
      cores.set(i, core(i));
    }
    grows(streams.getFirst());
    int port = kafka.port();
    kafka.close();
    kafka = EmbeddedKafka.open(data.resolve("kafka"), port);
    streams.forEach(GenerationsIT::grows);
    streams.forEach(stream -> one.cancel(stream.getId()));
    for (int i = 0; i < streams.size(); i++) {
      Transcript transcript = ended(streams.get(i));
      assertThat(Transcript.expected(requests.get(i))).startsWith(transcript.text());
      assertThat(((Finish) transcript.newest()).finishReason()).isEqualTo("cancelled");
    }
  }

  @Test
  void oneKeyIsOneStreamOnTwoInstances() {
    CreateStreamRequest request = prompt("join").setMaxTokens(400).setIdempotencyKey("one").build();
    List<StreamState> states =
        IntStream.range(0, 8)
            .parallel()
            .mapToObj(i -> (i % 2 == 0 ? one : two).create(request))
            .toList();
    assertThat(states.stream().map(StreamState::getId).distinct()).hasSize(1);
    assertThat(states.stream().filter(state -> !state.getJoined())).hasSize(1);
    assertThat(ended(states.getFirst()).text()).isEqualTo(Transcript.expected(request));
    assertThat(two.create(request).getStatus()).isEqualTo(StreamState.Status.FINISHED);
  }

  @Test
  void cancelAndStopEndStreams() {
    CreateStreamRequest request = prompt("long").setMaxTokens(30_000).build();
    StreamState cancelled = one.create(request);
    assertThat(two.cancel(cancelled.getId()).getStatus()).isEqualTo(StreamState.Status.CANCELLED);
    assertThat(one.get(cancelled.getId()).getFinishReason()).isEqualTo("cancelled");
    StreamState stopped = one.create(request);
    one.close();
    assertThat(((Failed) ended(stopped).newest()).code()).isEqualTo("shutting_down");
    one = ai();
    assertThat(one.get(stopped.getId()).getCreator()).isEqualTo("alice");
  }

  private static void grows(StreamState stream) {
    int before = await().ignoreExceptions().until(() -> events(stream).size(), size -> true);
    await()
        .atMost(Duration.ofSeconds(90))
        .ignoreExceptions()
        .untilAsserted(() -> assertThat(events(stream).size()).isGreaterThan(before + 5));
  }

  private static Transcript ended(StreamState stream) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .pollInterval(Duration.ofMillis(500))
        .ignoreExceptions()
        .until(() -> Transcript.of(events(stream)), Transcript::ended);
  }

  private static List<Event> events(StreamState stream) {
    List<Event> events = new ArrayList<>();
    ReadRequest.Builder request =
        ReadRequest.newBuilder()
            .setChannel(stream.getChannel())
            .setEarliest(Earliest.getDefaultInstance())
            .setLimit(1000);
    ReadPage page;
    do {
      page =
          EventCoreGrpc.newBlockingStub(log)
              .withDeadlineAfter(Duration.ofSeconds(10))
              .withWaitForReady()
              .read(request.build());
      events.addAll(page.getEventsList());
      request.setAfter(
          Position.newBuilder().setEpoch(page.getEpoch()).setOffset(page.getThrough()));
    } while (page.getThrough() < page.getHead());
    return events;
  }

  private static ApplicationContext core(int i) {
    return EventCore.start(
        Map.of(
            "tailwater.instance",
            "event-core-" + i,
            "grpc.server.port",
            ports.get(i),
            "micronaut.server.port",
            -1,
            "kafka.bootstrap.servers",
            kafka.bootstrapServers(),
            "redis.uri",
            redis.uri(),
            "tailwater.core.data",
            data.resolve("core-" + i).toString(),
            "tailwater.namespaces.ai.partitions",
            4,
            "tailwater.namespaces.ai.platform-only",
            true));
  }

  private static AiService ai() {
    String eventCores =
        ports.stream().map(port -> "127.0.0.1:" + port).reduce((a, b) -> a + "," + b).orElseThrow();
    return AiService.start(
        eventCores,
        redis.uri(),
        Map.of("tailwater.ai.tokens-per-second", 250, "tailwater.ai.roll-up", "40ms"));
  }
}
