package io.tailwater.core;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.grpc.StatusRuntimeException;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.TopicReport;
import io.tailwater.contract.v1.TopicsRequest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What keeps an instance from starting or serving, and how it says so. */
final class StartIT {
  private final Servers servers = Servers.shared();

  @Test
  void aTopicWithAnotherPartitionCountIsRefused() throws Exception {
    String name = servers.name();
    servers.createTopic(name, 3, Map.of());
    assertRefused(
        () -> Cores.start(servers, name, Map.of("partitions", 2)).close(),
        "topic " + name + " has 3 partitions");
  }

  @Test
  void aTopicsOwnPartitionCountIsTakenOverWhenNoneIsConfigured() throws Exception {
    String name = servers.name();
    servers.createTopic(name, 3, Map.of());
    try (var core = Cores.start(servers, name, Map.of("partitions", 0)).ready()) {
      assertThat(core.core().folds().namespace(name).folds()).hasSize(3);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"platform", "acks", "admin"})
  void thePlatformsOwnNamespacesAreNotConfigured(String name) {
    assertRefused(
        () -> Cores.start(servers, name, Map.of()).close(),
        "tailwater.namespaces." + name + ": this namespace is the platform's own");
  }

  @Test
  void aCompactedTopicIsRefused() throws Exception {
    String name = servers.name();
    servers.createTopic(name, 2, Map.of("cleanup.policy", "compact,delete"));
    assertRefused(
        () -> Cores.start(servers, name, Map.of()).close(), "topic " + name + " is compacted");
  }

  @Test
  void aKeyThatMeansNothingAndAValueThatIsNoneAreRefused() {
    String name = servers.name();
    assertRefused(
        () -> Cores.start(servers, name, Map.of("partition", 2)).close(),
        "unknown setting tailwater.namespaces."
            + name
            + ".partition; did you mean tailwater.namespaces."
            + name
            + ".partitions?");
    assertRefused(
        () -> Cores.start(servers, name, Map.of("data", "xml")).close(),
        ".data is \"xml\"; accepted: json, text, bytes");
    assertRefused(
        () -> Cores.start(servers, name, Map.of("tailwater.core.publish-window", 0)).close(),
        "tailwater.core.publish-window is 0; accepted: 1 to 10000");
    assertRefused(
        () ->
            Cores.start(servers, name, Map.of("retention", "7d", "idempotency-window", "8d"))
                .close(),
        ".idempotency-window is 8d; accepted: 0s to 7d");
  }

  @Test
  void aKafkaThatDoesNotAnswerIsNamed() {
    assertRefused(
        () ->
            Cores.start(
                    Cores.properties(
                        "event-core-1",
                        "127.0.0.1:1",
                        servers.redis(),
                        servers.directory("core"),
                        Map.of(
                            "tailwater.namespaces.demo.partitions",
                            1,
                            "tailwater.core.start-timeout",
                            "1s")))
                .close(),
        "Kafka at 127.0.0.1:1 does not answer");
  }

  @Test
  void aPlatformIsNamedAfterTheKafkaClusterUnlessItHasANameOfItsOwn() throws Exception {
    String name = servers.name();
    Map<String, Object> settings =
        Cores.properties(
            "event-core-1",
            servers.bootstrap(),
            servers.redis(),
            servers.directory("core"),
            Map.of("tailwater.namespaces." + name + ".partitions", 1));
    assertThat(platform(settings)).isEqualTo(Cores.PLATFORM.name());
    settings.remove("tailwater.core.platform");
    assertThat(platform(settings)).isEqualTo(servers.admin().describeCluster().clusterId().get());
    settings.put("tailwater.core.platform", "a:b");
    assertRefused(
        () -> Cores.start(settings).close(),
        "tailwater.core.platform is \"a:b\"; accepted: 1 to 64");
  }

  private static String platform(Map<String, Object> settings) {
    try (var core = Cores.start(settings).ready()) {
      return core.client().calls().namespaces(NamespacesRequest.getDefaultInstance()).getPlatform();
    }
  }

  @Test
  void aRetentionThatDiffersIsReportedOrAppliedWhenAsked() throws Exception {
    String name = servers.name();
    servers.createTopic(name, 2, Map.of("retention.ms", "3600000"));
    try (var core = Cores.start(servers, name, Map.of("retention", "2h")).ready()) {
      TopicReport report = report(core);
      assertThat(report.getNamespace().getName()).isEqualTo(name);
      assertThat(report.getRetentionMs()).isEqualTo(3_600_000);
      assertThat(report.getDifferencesList())
          .anySatisfy(
              each -> {
                assertThat(each.getSetting()).endsWith(name + ".retention");
                assertThat(each.getConfigured()).isEqualTo("2h");
                assertThat(each.getActual()).isEqualTo("1h");
                assertThat(each.getApplicable()).isTrue();
              });
    }
    try (var core = Cores.start(servers, name, Map.of("retention", "2h", "apply", true)).ready()) {
      assertThat(report(core).getRetentionMs()).isEqualTo(7_200_000);
      assertThat(report(core).getDifferencesList()).isEmpty();
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
      var config =
          requireNonNull(servers.admin().describeConfigs(List.of(topic)).all().get().get(topic));
      assertThat(config.get("retention.ms").value()).isEqualTo("7200000");
      assertThat(config.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
    }
  }

  private static TopicReport report(Cores.Running core) {
    return core.client().calls().topics(TopicsRequest.getDefaultInstance()).getTopicsList().stream()
        .filter(topic -> !topic.getNamespace().getInternal())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aDirectoryThatAnotherInstanceHasIsNamed() {
    String name = servers.name();
    Path data = servers.directory("core");
    try (var core = Cores.start(servers, name, Map.of(), data, "event-core-1").ready()) {
      assertThat(core.core().readiness().isReady()).isTrue();
      assertRefused(
          () -> Cores.start(servers, name, Map.of(), data, "event-core-2").close(),
          "cannot be opened");
    }
  }

  private static void assertRefused(
      org.assertj.core.api.ThrowableAssert.ThrowingCallable start, String message) {
    assertThatThrownBy(start).hasStackTraceContaining(message);
  }

  @Test
  void topicsAreMadeWithWhatTheGuaranteesNeed() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of("retention", "2h")).ready()) {
      assertThat(core.core().readiness().isReady()).isTrue();
      ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
      var config =
          requireNonNull(servers.admin().describeConfigs(List.of(topic)).all().get().get(topic));
      assertThat(config.get("cleanup.policy").value()).isEqualTo("delete");
      assertThat(config.get("retention.ms").value()).isEqualTo("7200000");
      assertThat(config.get("message.timestamp.type").value()).isEqualTo("LogAppendTime");
      assertThat(config.get("unclean.leader.election.enable").value()).isEqualTo("false");
    }
  }

  @Test
  void aPartitionThatIsAddedMakesTheInstanceNotReadyWithTheReason() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      assertThat(get(core, "/health/readiness").statusCode()).isEqualTo(200);
      servers.admin().createPartitions(Map.of(name, NewPartitions.increaseTo(3))).all().get();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> get(core, "/health/readiness").statusCode() == 503);
      assertThat(get(core, "/health/readiness").body())
          .contains("topic " + name + " has 3 partitions");
      assertThat(get(core, "/health/liveness").statusCode()).isEqualTo(200);
      assertThatThrownBy(() -> core.client().calls().heads(HeadsRequest.getDefaultInstance()))
          .isInstanceOf(StatusRuntimeException.class)
          .hasMessageContaining("UNAVAILABLE");
    }
  }

  @Test
  void figuresAreShownForPrometheus() throws Exception {
    String name = servers.name();
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      core.client().publish(CoreClient.event(name + ":a", "1"));
      String figures = get(core, "/prometheus").body();
      assertThat(figures)
          .contains("tailwater_core_records_total")
          .contains("tailwater_core_publish_seconds")
          .contains("tailwater_core_lag_seconds")
          .contains("kafka_consumer");
    }
  }

  private static HttpResponse<String> get(Cores.Running core, String path)
      throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + core.httpPort() + path);
      return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}
