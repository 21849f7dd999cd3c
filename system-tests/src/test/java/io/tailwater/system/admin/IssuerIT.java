package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** A gateway that takes the tokens of another issuer, such as a Keycloak. */
@OnPlatforms
@Order(3)
final class IssuerIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String ISSUER = "https://login.test/realms/shop";

  private final InProcessPlatform platform;
  private volatile String keys = "not yet";

  IssuerIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void itsTokensAreGoodEverywhereOnceItsKeysCanBeRead() throws Exception {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
    generator.initialize(2_048);
    KeyPair pair = generator.generateKeyPair();
    HttpServer server = server();
    Map<String, Object> settings =
        Map.of(
            "tailwater.edge.jwks",
            List.of("http://127.0.0.1:" + server.getAddress().getPort() + "/keys"),
            "tailwater.edge.issuer",
            ISSUER,
            "tailwater.edge.audience",
            "tailwater",
            "tailwater.edge.claims.grants",
            List.of("realm_access.roles"),
            "tailwater.edge.default-grants.call",
            List.of("admin.revocations"));
    try (ExtraGateway gateway = platform.gateway(settings).ready()) {
      String token = token(pair, "clara");
      // Without keys it is the gateway that is not ready, and not the token that is bad.
      assertThat(read(gateway.address(), token).status()).isEqualTo(503);
      try (StreamPeek stream = stream(gateway.address(), token);
          WsPeer peer = WsPeer.connect(gateway.address(), "Authorization: Bearer " + token)) {
        assertThat(stream.untilEnd().getLast().type()).isEqualTo("tw.retry");
        assertThat(peer.closed()).isEqualTo(4503);
      }
      // Our own are good meanwhile.
      String own = Tokens.token("own", List.of("chat:*"), List.of());
      assertThat(read(gateway.address(), own).status()).isEqualTo(200);
      keys = keySet((RSAPublicKey) pair.getPublic());
      await().atMost(LIMIT).until(() -> read(gateway.address(), token).status() == 200);
      try (StreamPeek stream = stream(gateway.address(), token);
          WsPeer peer = WsPeer.connect(gateway.address(), "Authorization: Bearer " + token)) {
        stream.untilLive(1);
        peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"chat:issuer\"}}").await("live");
        HttpRequest.Builder post =
            HttpRequest.newBuilder(gateway.address().resolve("/v1/admin/revocations"));
        post.POST(HttpRequest.BodyPublishers.ofString("{\"subject\":\"clara\"}"))
            .header("Content-Type", "application/json")
            .header("Authorization", "Bearer " + token);
        Http.Answer answer = Http.send(post);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
        assertThat(stream.untilEnd().getLast().type()).isEqualTo("tw.expired");
        assertThat(peer.closed()).isEqualTo(4401);
      }
      assertThat(read(gateway.address(), token).json().path("code").asText())
          .isEqualTo("token_revoked");
      // Gateways without this issuer do not take its tokens.
      assertThat(read(platform.gateways().getFirst(), token(pair, "other")).status())
          .isEqualTo(401);
    } finally {
      server.stop(0);
    }
  }

  private HttpServer server() throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/keys",
        exchange -> {
          byte[] bytes = keys.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    return server;
  }

  private static String keySet(RSAPublicKey key) {
    return "{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"k1\",\"n\":\"%s\",\"e\":\"%s\"}]}"
        .formatted(encoded(key.getModulus()), encoded(key.getPublicExponent()));
  }

  private static String token(KeyPair pair, String subject) throws GeneralSecurityException {
    Instant now = Instant.now();
    String content =
        encoded("{\"alg\":\"RS256\",\"kid\":\"k1\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + encoded(
                Json.write(
                        Map.of(
                            "sub",
                            subject,
                            "iss",
                            ISSUER,
                            "aud",
                            List.of("account", "tailwater"),
                            "iat",
                            now.getEpochSecond(),
                            "exp",
                            now.plusSeconds(300).getEpochSecond(),
                            "realm_access",
                            Map.of("roles", List.of("shopper", "subscribe:chat:*"))))
                    .getBytes(StandardCharsets.UTF_8));
    Signature signature = Signature.getInstance("SHA256withRSA");
    signature.initSign(pair.getPrivate());
    signature.update(content.getBytes(StandardCharsets.US_ASCII));
    return content + "." + encoded(signature.sign());
  }

  private static String encoded(BigInteger number) {
    byte[] bytes = number.toByteArray();
    int begin = bytes[0] == 0 ? 1 : 0;
    return encoded(Arrays.copyOfRange(bytes, begin, bytes.length));
  }

  private static String encoded(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static StreamPeek stream(URI gateway, String token) {
    return StreamPeek.open(
        gateway, "/v1/events?channel=chat:issuer", Map.of("Authorization", "Bearer " + token));
  }

  private static Http.Answer read(URI gateway, String token) {
    HttpRequest.Builder get =
        HttpRequest.newBuilder(gateway.resolve("/v1/channel?channel=chat:issuer"));
    return Http.send(get.header("Authorization", "Bearer " + token));
  }
}
