package io.tailwater.ai;

import static io.tailwater.ai.AiService.prompt;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.micronaut.runtime.server.EmbeddedServer;
import io.tailwater.ai.MemoryEventCore.Faults;
import io.tailwater.ai.lease.LeaseKeeper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The service around the streams: configuration, health, metrics, threads. */
@SuppressWarnings("NullAway.Init")
final class AiStreamServiceTest {
  private static MemoryEventCore eventCore;
  private static AiService service;

  @BeforeAll
  static void start() {
    eventCore = new MemoryEventCore();
    service = AiService.start(eventCore.address(), AiService.NO_REDIS, Map.of());
  }

  @AfterAll
  static void stop() {
    service.close();
    eventCore.close();
  }

  @ParameterizedTest
  @CsvSource({
    "tailwater.ai.tokens-per-second, 0, 1 to 100000",
    "tailwater.ai.default-tokens, 40000, 1 to 32768",
    "tailwater.ai.max-running, 0, 1 to 100000",
    "tailwater.ai.roll-up, 0s, 1ms to 5s",
    "tailwater.ai.event-cores, '', at least one",
    "tailwater.ai.event-cores, localhost, at least one",
    "tailwater.ai.model, gpt, mock",
    "tailwater.ai.currency, dollars, three capital letters",
    "tailwater.ai.models.dear.max-running, 1, it may be unset for the mocks",
    "tailwater.ai.models.mock.prompt-price, -1, 0 to 1000000",
    "tailwater.ai.models.mock.completion-price, 0.0000000000001, at most 12 decimals",
    "tailwater.ai.models.mock.max-queued, -1, 0 to 100000",
    "tailwater.ai.models.mock.tokens-per-day, -1, 0 to 1000000000000",
    "tailwater.ai.publish.patience, 2h, 0s to 1h",
    "tailwater.ai.lease.ttl, 1ms, 100ms to 10m",
    "tailwater.ai.lease.redis-timeout, 4s, 1ms to 1666ms",
  })
  void nonsenseIsRefusedAtStart(String key, String value, String why) {
    assertThatThrownBy(
            () ->
                AiService.start(eventCore.address(), AiService.NO_REDIS, Map.of(key, value))
                    .close())
        .hasStackTraceContaining(why);
  }

  @Test
  void itIsReadyIfAnEventCoreAnswersWithOrWithoutRedis() throws Exception {
    assertThat(http("/health/readiness").statusCode()).isEqualTo(200);
    eventCore.fail(Faults.DOWN, 1);
    assertThat(http("/health/readiness").statusCode()).isEqualTo(503);
    assertThat(http("/health/liveness").statusCode()).isEqualTo(200);
    eventCore.fail(Faults.NONE, 1);
    assertThat(http("/health/readiness").statusCode()).isEqualTo(200);
  }

  @Test
  void metricsTellWhatRunsAndHowItEnded() {
    service.create(prompt("x").setMaxTokens(5).build());
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(
            () ->
                assertThat(http("/prometheus").body())
                    .contains("tailwater_ai_streams_running 0.0")
                    .contains("tailwater_ai_streams_running_max 1000.0")
                    .containsPattern("tailwater_ai_streams_ended_total\\{how=\"length\"\\} [1-9]")
                    .containsPattern("tailwater_ai_tokens_total [1-9]")
                    .containsPattern("tailwater_ai_first_token_seconds_count [1-9]")
                    .containsPattern(
                        "tailwater_ai_usage_tokens_total\\{kind=\"completion\",model=\"mock\"\\} [1-9]")
                    .contains(
                        "tailwater_ai_usage_tokens_total{kind=\"prompt\",model=\"mock-stress\"} 0.0")
                    .containsPattern("tailwater_ai_publications_seconds_count [1-9]")
                    .containsPattern("tailwater_ai_lease_store_failures_total [1-9]"));
  }

  @Test
  void itsThreadsAreNamed() {
    assertThat(Thread.getAllStackTraces().keySet().stream().map(Thread::getName))
        .contains(LeaseKeeper.THREAD)
        .anyMatch(name -> name.startsWith(Parts.REDIS_THREADS));
  }

  private static HttpResponse<String> http(String path) throws Exception {
    int port = service.context().getBean(EmbeddedServer.class).getPort();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
