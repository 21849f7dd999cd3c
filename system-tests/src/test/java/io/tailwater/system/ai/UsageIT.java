package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.Test;

/** What answers cost, as a billing job and as the one who pays see it. */
@OnPlatforms
final class UsageIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void aBillingJobReadsTheTopicAndAUserItsOwnChannel(InProcessPlatform platform) throws Exception {
    String subject = "payer " + UUID.randomUUID();
    int port = FreePort.choose();
    Map<String, Object> settings =
        Map.of(
            "tailwater.ai.usage-namespace",
            Namespaces.USAGE,
            "tailwater.ai.tokens-per-second",
            500,
            "tailwater.ai.models.mock.prompt-price",
            "1",
            "tailwater.ai.models.mock.completion-price",
            "2.5");
    try (ApplicationContext aiStreams = platform.aiStreams(port, settings);
        ExtraGateway gateway =
            platform.gateway(Map.of("tailwater.edge.ai-streams", List.of("127.0.0.1:" + port)))) {
      assertThat(aiStreams.isRunning()).isTrue();
      gateway.ready();
      String whole = begin(gateway, subject, "{\"prompt\":\"x\",\"max_tokens\":40}");
      String cancelled = begin(gateway, subject, "{\"prompt\":\"x\",\"max_tokens\":30000}");
      assertThat(
              Http.send(
                      request(gateway, "/v1/ai/streams/" + cancelled, subject)
                          .method("DELETE", BodyPublishers.noBody()))
                  .status())
          .isEqualTo(200);
      Map<String, JsonNode> billed = billed(platform, subject, 2);
      assertThat(billed.keySet()).containsExactlyInAnyOrder(whole, cancelled);
      assertThat(billed.get(whole))
          .isEqualTo(
              Json.read(
                  "{\"stream\":\"%s\",\"subject\":\"%s\",\"model\":\"mock\",\"status\":\"finished\",\"prompt_tokens\":1,\"completion_tokens\":40,\"total_tokens\":41,\"cost\":\"0.000101\",\"currency\":\"USD\"}"
                      .formatted(whole, subject)));
      assertThat(billed)
          .hasEntrySatisfying(
              cancelled, usage -> assertThat(usage.path("status").asText()).isEqualTo("cancelled"));

      String own = "/v1/events?channel=ai-usage:" + subject.replace(" ", "%20");
      Answer seen =
          Http.send(
              request(gateway, own + "&from=earliest&wait=0", subject)
                  .header("Accept", "application/json"));
      assertThat(seen.status()).as(seen.body()).isEqualTo(200);
      assertThat(seen.json().path("events")).hasSize(2);
      Answer strangers =
          Http.send(
              request(gateway, own + "&from=earliest&wait=0", "stranger")
                  .header("Accept", "application/json"));
      assertThat(strangers.status()).isEqualTo(403);
    }
  }

  private static String begin(ExtraGateway gateway, String subject, String body) {
    Answer made =
        Http.send(
            request(gateway, "/v1/ai/streams", subject)
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body)));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
    return made.json().path("id").asText();
  }

  private static HttpRequest.Builder request(ExtraGateway gateway, String path, String subject) {
    return HttpRequest.newBuilder(gateway.address().resolve(path))
        .header("Authorization", "Bearer " + Tokens.token(subject, List.of(), List.of("ai:*")));
  }

  /** What a consumer of the topic finds of a subject, by the streams. */
  private static Map<String, JsonNode> billed(
      InProcessPlatform platform, String subject, int count) {
    Map<String, JsonNode> billed = new HashMap<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(
            Map.of(
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                platform.bootstrapServers(),
                ConsumerConfig.GROUP_ID_CONFIG,
                "billing-" + UUID.randomUUID(),
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                "earliest",
                ConsumerConfig.ISOLATION_LEVEL_CONFIG,
                "read_committed"),
            new StringDeserializer(),
            new StringDeserializer())) {
      consumer.subscribe(List.of(Namespaces.USAGE));
      await("the usage of every stream")
          .atMost(LIMIT)
          .until(
              () -> {
                for (ConsumerRecord<String, String> record :
                    consumer.poll(Duration.ofMillis(500))) {
                  if (subject.equals(record.key())) {
                    JsonNode usage = Json.read(record.value());
                    assertThat(billed.put(usage.path("stream").asText(), usage)).isNull();
                  }
                }
                return billed.size() == count;
              });
    }
    return billed;
  }
}
