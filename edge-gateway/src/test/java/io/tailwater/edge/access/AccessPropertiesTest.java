package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import io.micronaut.http.simple.SimpleHttpRequestFactory;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.request.Garbage;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

/** Nothing that a client claims about itself makes a check fail otherwise than by a refusal. */
final class AccessPropertiesTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));
  private static final String APP = "https://app.example.com";
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Namespace CHAT = Namespace.newBuilder().setName("chat").build();
  private static final String[] CLAIMS = {
    "sub",
    "exp",
    "nbf",
    "iat",
    "aud",
    "iss",
    "jti",
    "tw",
    "tw-ticket",
    "subscribe",
    "publish",
    "call",
    "channels",
    "origin",
    "alg",
    "typ",
    "kid",
    "crit",
    "b64",
    "jwk",
    "cty",
    "zip",
    "x5c",
    "HS256",
    "none",
    "RS256",
    "JWT"
  };

  private final Tokens tokens = TokensTest.tokens(CLOCK);
  private final Addresses proxied = new Addresses(List.of("192.0.2.0/24"));
  private final Access access = new Access(tokens, new Origins(List.of(APP)), proxied);

  @Property
  void anOriginIsReadAsItIsWrittenOrNotAtAll(@ForAll("origins") String text) {
    Origin origin = Origin.parse(text);
    if (origin != null) {
      assertThat(Origin.parse(origin.text())).isEqualTo(origin);
      assertThat(origin.text()).doesNotContain(" ", "\r", "\n", "/ ");
      origin.literal();
    }
  }

  @Property
  void onlyAListedOriginIsAllowedToSendCredentials(
      @ForAll("origins") String origin, @ForAll("origins") String headers) {
    Map<String, String> answer = new Origins(List.of(APP)).preflight(origin, headers);
    if (!APP.equals(String.valueOf(text(origin)))) {
      assertThat(answer).isEmpty();
    }
    assertThat(new Origins(List.of("*")).preflight(origin, headers))
        .doesNotContainKey("Access-Control-Allow-Credentials");
  }

  private static @Nullable String text(String origin) {
    Origin read = Origin.parse(origin);
    return read == null ? null : read.text();
  }

  @Property
  void pagesAndAddressesAreJudgedWhateverTheHeadersSay(
      @ForAll("origins") String origin,
      @ForAll("origins") String host,
      @ForAll("hops") String hops,
      @ForAll("hops") String port) {
    HttpRequest<?> request =
        AddressesTest.from(
            new SimpleHttpRequestFactory()
                .get("/v1/events")
                .header("Origin", origin)
                .header("Host", host)
                .header("X-Forwarded-For", hops)
                .header("X-Forwarded-For", port)
                .header("X-Forwarded-Host", host)
                .header("X-Forwarded-Proto", port)
                .header("X-Forwarded-Port", port),
            "192.0.2.7");
    assertThat(proxied.of(request)).isNotBlank();
    Garbage.readOrRefused(
        () -> {
          access.requireOrigin(request);
          return "";
        });
    Garbage.readOrRefused(
        () -> {
          access.requireOwnPage(request);
          return "";
        });
  }

  @Property
  void credentialsAreGoodOrRefused(
      @ForAll("credentials") String authorization, @ForAll("credentials") String other) {
    Garbage.readOrRefused(() -> access.identify(request().header("Authorization", authorization)));
    Garbage.readOrRefused(() -> access.identify(request().header("Cookie", "tw_token=" + other)));
    MutableHttpRequest<?> query = request();
    query.getParameters().add("ticket", authorization);
    Garbage.readOrRefused(() -> access.identify(query));
    MutableHttpRequest<?> token = request();
    token.getParameters().add("access_token", other);
    Garbage.readOrRefused(() -> access.identify(token));
  }

  @Property
  void noTokenIsGoodThatThePlatformDidNotSign(@ForAll Random random) {
    String good = TokensTest.token("alice");
    int second = good.indexOf('.') + 1;
    byte[] damaged = Garbage.damaged(good.getBytes(StandardCharsets.US_ASCII), random);
    String text = new String(damaged, StandardCharsets.ISO_8859_1);
    Identity identity = Garbage.readOrRefused(() -> tokens.token(text));
    // The last character of a part may have bits that mean nothing.
    if (identity != null) {
      assertThat(text.substring(second).split("\\.")[0])
          .isEqualTo(good.substring(second).split("\\.")[0]);
    }
    String header = Garbage.object(random, CLAIMS);
    String claims = Garbage.object(random, CLAIMS);
    assertThat(
            Garbage.<Object>readOrRefused(
                () -> tokens.token(part(header) + "." + part(claims) + "." + part(text))))
        .isNull();
  }

  @Property
  void signedClaimsOfAnyShapeAreReadOrRefused(@ForAll Random random) {
    String claims =
        random.nextBoolean()
            ? Garbage.object(random, CLAIMS)
            : "{\"sub\":\"alice\",\"exp\":1780315230,\"tw\":"
                + Garbage.json(random, CLAIMS)
                + ",\"tw-ticket\":"
                + Garbage.json(random, CLAIMS)
                + "}";
    String token = signed("{\"alg\":\"HS256\"}", claims);
    Identity identity = Garbage.readOrRefused(() -> tokens.token(token));
    if (identity != null) {
      Garbage.readOrRefused(() -> may(identity));
    }
    Identity ticket = Garbage.readOrRefused(() -> tokens.ticket(token, APP));
    if (ticket != null) {
      Garbage.readOrRefused(() -> may(ticket));
    }
    String odd = signed(Garbage.object(random, CLAIMS), "{\"sub\":\"a\",\"exp\":1780315230}");
    Garbage.readOrRefused(() -> tokens.token(odd));
  }

  private static boolean may(Identity identity) {
    identity.requireSubscribe(LOBBY, CHAT);
    identity.requirePublish(LOBBY, CHAT);
    return true;
  }

  private static String signed(String header, String claims) {
    String content = part(header) + "." + part(claims);
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(Base64.getUrlDecoder().decode(TokensTest.KEY), "HmacSHA256"));
      byte[] signature = mac.doFinal(content.getBytes(StandardCharsets.US_ASCII));
      return content + "." + Base64.getUrlEncoder().withoutPadding().encodeToString(signature);
    } catch (GeneralSecurityException e) {
      throw new AssertionError("every Java platform has HmacSHA256", e);
    }
  }

  private static String part(String text) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static MutableHttpRequest<?> request() {
    return HttpRequest.GET("/v1/events").header("Host", "edge.example.com");
  }

  @Provide
  Arbitrary<String> origins() {
    return Garbage.header(
        "http",
        "https",
        "://",
        ":",
        "app.example.com",
        APP,
        "[",
        "]",
        "::1",
        "127.0.0.1",
        "0x7f",
        "1",
        ".",
        "-",
        "443",
        "99999",
        "null",
        "xn--",
        "\u00fc",
        "@",
        "/",
        "*",
        "localhost",
        "%41");
  }

  @Provide
  Arbitrary<String> hops() {
    return Garbage.header(
        "192.0.2.1",
        "203.0.113.9",
        ",",
        " ",
        "[",
        "]",
        ":",
        "::",
        "::1",
        "2001:db8::1",
        "80",
        "https",
        "unknown",
        "_hidden",
        "%eth0",
        "\"");
  }

  @Provide
  Arbitrary<String> credentials() {
    return Garbage.header(
        "Bearer ",
        "bearer",
        " ",
        "anonymous",
        ".",
        "e30",
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJub25lIn0",
        "eyJzdWIiOiJhIn0",
        "=",
        "==",
        "Basic ",
        ",",
        "\"",
        TokensTest.token("alice"));
  }
}
