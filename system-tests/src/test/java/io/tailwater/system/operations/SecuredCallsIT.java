package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.tailwater.ai.AiStreamService;
import io.tailwater.client.CallSecurity;
import io.tailwater.client.GrpcConfiguration;
import io.tailwater.client.RemoteLog;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Services that share a secret and know each other's certificates, and callers that do not. */
@OnPlatforms
@Order(4)
final class SecuredCallsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SECRET = "a-secret-of-these-tests";
  private static final String NEXT_SECRET = "the-secret-after-that-one";

  private static final Deque<AutoCloseable> OPEN = new ArrayDeque<>();
  private static Certificates ours;
  private static Certificates others;
  private static String eventCore;
  private static URI gateway;
  private static URI management;

  @BeforeAll
  static void start(InProcessPlatform beside, @TempDir Path files) throws Exception {
    ours = Certificates.make(files.resolve("ours"));
    others = Certificates.make(files.resolve("others"));
    int port = FreePort.choose();
    eventCore = "localhost:" + port;
    Map<String, Object> core = Namespaces.properties();
    core.put("tailwater.core.platform", "secured");
    core.put("tailwater.core.broadcast-group", "secured");
    core.putAll(settings(SECRET + "," + NEXT_SECRET, ours));
    OPEN.push(beside.eventCore("event-core-secured", port, core));
    int aiPort = FreePort.choose();
    Map<String, Object> ai = new HashMap<>(settings(NEXT_SECRET + "," + SECRET, ours));
    ai.put("grpc.server.port", aiPort);
    ai.put("micronaut.server.port", -1);
    ai.put("redis.uri", beside.redis().uri());
    ai.put("tailwater.ai.event-cores", eventCore);
    OPEN.push(AiStreamService.start(ai));
    ExtraGateway made = gateway(beside, settings(SECRET, ours), "localhost:" + aiPort).ready();
    gateway = made.address();
    management = made.management();
  }

  private static ExtraGateway gateway(
      InProcessPlatform beside, Map<String, Object> security, String aiStreams) {
    Map<String, Object> settings = new HashMap<>(security);
    settings.put("tailwater.edge.event-cores", eventCore);
    settings.put("tailwater.edge.ai-streams", aiStreams);
    ExtraGateway made = beside.gateway(settings);
    OPEN.push(made);
    return made;
  }

  private static Map<String, Object> settings(String secrets, Certificates certificates) {
    return Map.of(
        "tailwater.grpc.secrets",
        secrets,
        "tailwater.grpc.certificate",
        certificates.certificate().toString(),
        "tailwater.grpc.key",
        certificates.key().toString(),
        "tailwater.grpc.trust",
        certificates.trust().toString());
  }

  @AfterAll
  static void stop() throws Exception {
    while (!OPEN.isEmpty()) {
      OPEN.pop().close();
    }
  }

  @Test
  void everythingWorksForThoseWhoKnowEachOther() {
    Channel channel = new Channel(Namespaces.DEMO, "secured");
    String id = Http.publish(gateway, channel, "1");
    Http.Answer read =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/channel?last=true&channel=" + channel)));
    // Other channels share the partition, so the channel's position may be beyond its last event.
    assertThat(read.json().at("/channels/0/last/id").asText()).as(read.body()).isEqualTo(id);
    Http.Answer made =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/ai/streams"))
                .header("Content-Type", "application/json")
                .header(
                    "Authorization",
                    "Bearer "
                        + io.tailwater.system.platform.Tokens.token(
                            "alice", List.of("ai:*"), List.of("ai:*")))
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\":\"hi\",\"max_tokens\":3}")));
    assertThat(made.status()).as(made.body()).isEqualTo(201);
  }

  @Test
  void aCallerWithoutTheSecretOrTheCertificateIsRefused() throws Exception {
    assertThat(namespaces(configuration(SECRET, ours))).isNull();
    assertThat(namespaces(configuration(NEXT_SECRET, ours))).isNull();
    assertThat(namespaces(configuration("", ours))).contains("unavailable");
    assertThat(namespaces(configuration("not-the-secret-of-it", ours))).contains("unavailable");
    assertThat(namespaces(configuration(SECRET, null))).contains("unavailable");
    assertThat(namespaces(configuration(SECRET, others))).contains("unavailable");
    assertThat(namespaces(mixed())).contains("unavailable");
  }

  /** Trusts the service, and shows a certificate that the service does not trust. */
  private static GrpcConfiguration mixed() {
    return new GrpcConfiguration(
        List.of(SECRET),
        others.certificate().toString(),
        others.key().toString(),
        ours.trust().toString());
  }

  @Test
  void aGatewayWithoutTheSecretIsNotReady(InProcessPlatform beside) {
    Map<String, Object> withoutSecret = new HashMap<>(settings(SECRET, ours));
    withoutSecret.remove("tailwater.grpc.secrets");
    ExtraGateway stranger = gateway(beside, withoutSecret, "localhost:1");
    await()
        .during(Duration.ofSeconds(3))
        .atMost(LIMIT)
        .until(() -> Http.readiness(stranger.management()) == 503);
    assertThat(Http.readiness(management)).isEqualTo(200);
  }

  @Test
  void settingsThatDoNotBelongTogetherAreRefusedByName() {
    assertThatThrownBy(() -> new GrpcConfiguration(List.of("short"), null, null, null))
        .hasMessageContaining("tailwater.grpc.secrets")
        .hasMessageNotContaining("short");
    assertThatThrownBy(
            () -> new GrpcConfiguration(List.of(), ours.certificate().toString(), null, null))
        .hasMessageContaining("all of them or none");
    assertThatThrownBy(() -> new GrpcConfiguration(List.of(), "a", "b", "c"))
        .hasMessageContaining("tailwater.grpc.certificate is \"a\"");
    GrpcConfiguration swapped =
        new GrpcConfiguration(
            List.of(),
            ours.key().toString(),
            ours.certificate().toString(),
            ours.trust().toString());
    assertThatThrownBy(() -> open(swapped)).hasMessageContaining("PEM files");
  }

  private static GrpcConfiguration configuration(
      String secret, @Nullable Certificates certificates) {
    List<String> secrets = secret.isEmpty() ? List.of() : List.of(secret);
    return certificates == null
        ? new GrpcConfiguration(secrets, null, null, null)
        : new GrpcConfiguration(
            secrets,
            certificates.certificate().toString(),
            certificates.key().toString(),
            certificates.trust().toString());
  }

  private static ServiceChannel open(GrpcConfiguration configuration) {
    return ServiceChannel.open(
        List.of(eventCore), EventCoreGrpc.getServiceDescriptor(), new CallSecurity(configuration));
  }

  /** The code of the refusal; null if the call was answered. */
  private static @Nullable String namespaces(GrpcConfiguration configuration) {
    try (ServiceChannel channel = open(configuration)) {
      return RemoteLog.waiting(channel)
          .namespaces()
          .handle(
              (page, failure) ->
                  failure == null
                      ? null
                      : ((io.tailwater.contract.RequestException) failure).code().wire())
          .join();
    }
  }
}
