package io.tailwater.edge.access;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.Namespace;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class AccessTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-06-01T12:00:00Z"));
  private static final String APP = "https://app.example.com";

  private final Tokens tokens = TokensTest.tokens(CLOCK);
  private final Access access =
      new Access(tokens, new Origins(List.of(APP)), new Addresses(List.of()));

  @Test
  void withoutATokenOneIsAnonymous() {
    Identity nobody = access.identify(request());
    assertThat(nobody.subject()).isEqualTo("anonymous");
    Namespace open = Namespace.newBuilder().setName("demo").setAnonymousSubscribe(true).build();
    nobody.requireSubscribe(Channel.parse("demo:x"), open);
    assertRefused(
        ErrorCode.UNAUTHORIZED, () -> nobody.requirePublish(Channel.parse("demo:x"), open));
  }

  @Test
  void aBearerTokenWinsOverWhatStandsInTheUrl() {
    MutableHttpRequest<?> request = request().header("Authorization", "Bearer " + token("alice"));
    request.getParameters().add("access_token", token("bob"));
    request.getParameters().add("ticket", "none");
    assertThat(access.identify(request).subject()).isEqualTo("alice");
  }

  @Test
  void aBadBearerTokenIsNotPassedOver() {
    MutableHttpRequest<?> request = request().header("Authorization", "Bearer bad");
    request.getParameters().add("access_token", token("bob"));
    assertRefused(ErrorCode.UNAUTHORIZED, () -> access.identify(request));
  }

  @ParameterizedTest
  @ValueSource(strings = {"Basic YTpi", "Bearer", "Token x", "x"})
  void authorizationIsABearerToken(String authorization) {
    assertRefused(
        ErrorCode.UNAUTHORIZED,
        () -> access.identify(request().header("Authorization", authorization)));
  }

  @Test
  void theSchemeMayBeWrittenAnyWay() {
    assertThat(
            access
                .identify(request().header("Authorization", "bearer " + token("alice")))
                .subject())
        .isEqualTo("alice");
  }

  @Test
  void aTokenMayStandInTheUrl() {
    MutableHttpRequest<?> request = request();
    request.getParameters().add("access_token", token("bob"));
    assertThat(access.identify(request).subject()).isEqualTo("bob");
  }

  @Test
  void aTicketIsForTheOriginOfThePageThatAskedForIt() {
    Identity alice = access.identify(request().header("Authorization", "Bearer " + token("alice")));
    String ticket = tokens.makeTicket(alice, List.of("chat:lobby"), 60, APP).text();
    MutableHttpRequest<?> request = request().header("Origin", APP);
    request.getParameters().add("ticket", ticket);
    assertThat(access.identify(request).subject()).isEqualTo("alice");
    MutableHttpRequest<?> foreign = request().header("Origin", "https://evil.example.com");
    foreign.getParameters().add("ticket", ticket);
    assertRefused(ErrorCode.ORIGIN_DENIED, () -> access.identify(foreign));
  }

  @Test
  void aCookieIsGoodForOurOwnAndListedPagesAlone() {
    assertThat(access.identify(cookie()).subject()).isEqualTo("carol");
    assertThat(access.identify(cookie().header("Origin", APP)).subject()).isEqualTo("carol");
    assertThat(access.identify(cookie().header("Origin", "http://edge.example.com")).subject())
        .isEqualTo("carol");
    assertRefused(
        ErrorCode.ORIGIN_DENIED,
        () -> access.identify(cookie().header("Origin", "https://evil.example.com")));
    assertRefused(
        ErrorCode.ORIGIN_DENIED, () -> access.identify(cookie().header("Origin", "null")));
  }

  @Test
  void whatMayOccurOnceIsRefusedByNameIfItOccursTwice() {
    String alice = token("alice");
    assertRefused(
        ErrorCode.INVALID_REQUEST,
        () -> access.identify(cookie().header("Cookie", "tw_token=" + alice)));
    assertRefused(
        ErrorCode.INVALID_REQUEST,
        () ->
            access.identify(request().header("Cookie", "tw_token=" + alice + "; tw_token=other")));
    assertThat(access.identify(cookie().header("Cookie", "more=1")).subject()).isEqualTo("carol");
    MutableHttpRequest<?> twice =
        request().header("Authorization", "Bearer " + alice).header("Authorization", "Bearer x");
    assertRefused(ErrorCode.INVALID_REQUEST, () -> access.identify(twice));
    for (String name : List.of("access_token", "ticket")) {
      MutableHttpRequest<?> request = request();
      request.getParameters().add(name, List.of(alice, token("bob")));
      assertRefused(ErrorCode.INVALID_REQUEST, () -> access.identify(request));
    }
  }

  @Test
  void emptyCredentialsAreRefusedByNameExceptACookieThatWasEmptied() {
    assertRefused(
        ErrorCode.UNAUTHORIZED, () -> access.identify(request().header("Authorization", "")));
    assertRefused(
        ErrorCode.UNAUTHORIZED,
        () -> access.identify(request().header("Authorization", "Bearer  ")));
    for (String name : List.of("access_token", "ticket")) {
      MutableHttpRequest<?> request = request();
      request.getParameters().add(name, "");
      assertThatThrownBy(() -> access.identify(request)).hasMessageContaining(name);
    }
    assertThat(access.identify(request().header("Cookie", "tw_token=")).anonymous()).isTrue();
  }

  private static MutableHttpRequest<?> request() {
    return HttpRequest.GET("/v1/events").header("Host", "edge.example.com");
  }

  private static MutableHttpRequest<?> cookie() {
    return request().header("Cookie", "other=1; tw_token=" + token("carol"));
  }

  private static String token(String subject) {
    return TokensTest.token(subject);
  }
}
