package io.tailwater.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micronaut.runtime.server.EmbeddedServer;
import io.micronaut.test.extensions.junit5.annotation.MicronautTest;
import io.micronaut.test.support.TestPropertyProvider;
import jakarta.inject.Inject;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The health of an event-core that Micronaut's own test runner starts, from its injected beans. */
@MicronautTest(propertySources = "classpath:event-core/application.yml")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@SuppressWarnings("NullAway.Init")
final class HealthIT implements TestPropertyProvider {
  private static final Duration LIMIT = Duration.ofSeconds(30);

  @Inject Core core;
  @Inject EmbeddedServer server;

  @Override
  public Map<String, String> getProperties() {
    Servers servers = Servers.shared();
    String namespace = servers.name();
    Map<String, Object> more =
        Map.of(
            "tailwater.service",
            "event-core",
            // Micronaut's free port is -1; the gRPC server knows only 0.
            "grpc.server.port",
            0,
            "tailwater.core.broadcast-group",
            "broadcast-" + namespace,
            "tailwater.namespaces." + namespace + ".partitions",
            2);
    return Cores.properties(
            "event-core-1", servers.bootstrap(), servers.redis(), servers.directory("core"), more)
        .entrySet()
        .stream()
        .collect(Collectors.toMap(Map.Entry::getKey, one -> one.getValue().toString()));
  }

  @Test
  void anEventCoreIsReadyOnceItHasReadEveryPartition() throws Exception {
    await().atMost(LIMIT).until(() -> core.readiness().isReady());
    HttpResponse<String> readiness = get("/health/readiness");
    assertThat(readiness.statusCode()).isEqualTo(200);
    assertThat(readiness.body()).contains("event-core").contains("\"UP\"");
  }

  /** A restart would not bring Kafka back, and reads go on without it. */
  @Test
  void livenessDoesNotDependOnKafka() throws Exception {
    HttpResponse<String> liveness = get("/health/liveness");
    assertThat(liveness.statusCode()).isEqualTo(200);
    assertThat(liveness.body()).doesNotContainIgnoringCase("kafka");
  }

  private HttpResponse<String> get(String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(server.getURI().resolve(path)).build(),
          HttpResponse.BodyHandlers.ofString());
    }
  }
}
