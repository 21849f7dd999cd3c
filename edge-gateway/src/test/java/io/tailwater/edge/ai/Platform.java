package io.tailwater.edge.ai;

import static org.awaitility.Awaitility.await;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import io.tailwater.ai.AiStreamService;
import io.tailwater.core.EventCore;
import io.tailwater.edge.EdgeGateway;
import io.tailwater.embedded.KafkaServer;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A whole platform: Kafka, Redis, an event-core, an ai-stream-service, a gateway. */
final class Platform implements AutoCloseable {
  private static final byte[] SECRET = new byte[32];

  private final KafkaServer kafka;
  private final RedisServer redis;
  private final ApplicationContext core;
  private final ApplicationContext ai;
  private final ApplicationContext edge;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Platform(Path data) {
    kafka = TestServers.kafka(data.resolve("kafka"));
    redis = TestServers.redis();
    int corePort = freePort();
    int aiPort = freePort();
    Map<String, Object> coreSettings =
        new HashMap<>(
            Map.of(
                "grpc.server.port", corePort,
                "micronaut.server.port", -1,
                "kafka.bootstrap.servers", kafka.bootstrapServers(),
                "redis.uri", redis.uri(),
                "tailwater.core.data", data.resolve("core").toString()));
    coreSettings.put("tailwater.namespaces.ai.partitions", 4);
    coreSettings.put("tailwater.namespaces.ai.platform-only", true);
    core = EventCore.start(coreSettings);
    ai =
        AiStreamService.start(
            Map.of(
                "grpc.server.port",
                aiPort,
                "micronaut.server.port",
                -1,
                "redis.uri",
                redis.uri(),
                "tailwater.ai.event-cores",
                "127.0.0.1:" + corePort,
                "tailwater.ai.tokens-per-second",
                500));
    edge =
        EdgeGateway.start(
            Map.of(
                "micronaut.server.port",
                -1,
                "redis.uri",
                redis.uri(),
                "tailwater.edge.jwt-key",
                Base64.getUrlEncoder().withoutPadding().encodeToString(SECRET),
                "tailwater.edge.event-cores",
                "127.0.0.1:" + corePort,
                "tailwater.edge.ai-streams",
                "127.0.0.1:" + aiPort));
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> send("GET", "/health/readiness", "", Map.of()).statusCode() == 200);
  }

  RedisServer redis() {
    return redis;
  }

  /** Sends a request and reads the whole answer. */
  HttpResponse<String> send(String method, String path, String body, Map<String, String> headers) {
    try {
      return client.send(
          request(method, path, body, headers), HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Sends a request and returns once the head of the answer is there. */
  HttpResponse<java.io.InputStream> open(
      String method, String path, String body, Map<String, String> headers) {
    try {
      return client.send(
          request(method, path, body, headers), HttpResponse.BodyHandlers.ofInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private HttpRequest request(
      String method, String path, String body, Map<String, String> headers) {
    int port = edge.getBean(EmbeddedServer.class).getPort();
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .timeout(Duration.ofSeconds(60))
            .method(method, HttpRequest.BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return request.build();
  }

  /** A token of a subject with patterns to read and to publish. */
  static Map<String, String> token(String subject, List<String> subscribe, List<String> publish) {
    try {
      JWTClaimsSet claims =
          new JWTClaimsSet.Builder()
              .subject(subject)
              .expirationTime(Date.from(Instant.now().plusSeconds(3600)))
              .claim("tw", Map.of("subscribe", subscribe, "publish", publish))
              .build();
      SignedJWT jwt = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
      jwt.sign(new MACSigner(SECRET));
      return Map.of(
          "Authorization", "Bearer " + jwt.serialize(), "Content-Type", "application/json");
    } catch (JOSEException e) {
      throw new AssertionError(e);
    }
  }

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    edge.close();
    ai.close();
    core.close();
    redis.close();
    kafka.close();
  }
}
