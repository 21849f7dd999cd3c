package io.tailwater.edge.access;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.JWTClaimsSet;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.keys.IssuerKeys;
import io.tailwater.edge.keys.IssuerServer;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tokens of other issuers, beside our own. */
final class ForeignTokensTest {
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  private static final Duration MAX_LIFE = Duration.ofDays(30);
  private static final Namespace CHAT = Namespace.newBuilder().setName("chat").build();
  private static final Channel LOBBY = Channel.parse("chat:lobby");

  private final IssuerServer issuer = new IssuerServer();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final IssuerKeys keys =
      new IssuerKeys(List.of(issuer.url()), Runnable::run, System::nanoTime, meters);
  private final Revocations revocations = new Revocations(MAX_LIFE, () -> NOW);
  private final Tokens tokens = tokens("sub", List.of("tw"), Grant.NOTHING);

  ForeignTokensTest() {
    revocations.setComplete();
    issuer.publish("ec");
    keys.tick();
  }

  @AfterEach
  void close() {
    keys.close();
    issuer.close();
  }

  private Tokens tokens(String subject, List<String> grants, Grant everyone) {
    return new Tokens(
        new Secrets(List.of(TokensTest.KEY)),
        new ForeignTokens(
            keys,
            List.of(IssuerServer.ISSUER),
            List.of("other", IssuerServer.AUDIENCE),
            subject,
            grants,
            everyone),
        MAX_LIFE,
        revocations,
        () -> NOW,
        meters);
  }

  @Test
  void aTokenOfAnIssuerIsAsGoodAsOurOwn() {
    Identity alice =
        tokens.token(
            token(claims().claim("tw", Map.of("subscribe", List.of("chat:*"))).jwtID("j").build()));
    assertThat(alice.subject()).isEqualTo("alice");
    alice.requireSubscribe(LOBBY, CHAT);
    assertRefused(ErrorCode.FORBIDDEN, () -> alice.requirePublish(LOBBY, CHAT));
    Identity own = tokens.token(TokensTest.token("bob"));
    own.requireSubscribe(LOBBY, CHAT);
    // A ticket is made with our own secret, whoever made the token.
    tokens.ticket(tokens.makeTicket(alice, List.of("chat:lobby"), 60, null).text(), null);
    revocations.put(
        new Revocation(
            new Revocation.Target(Revocation.Kind.TOKEN_ID, "j"),
            NOW.toEpochMilli(),
            NOW.plusSeconds(60).toEpochMilli(),
            "admin",
            NOW.toEpochMilli()));
    assertRefused(
        ErrorCode.TOKEN_REVOKED,
        () ->
            tokens.ticket(tokens.makeTicket(alice, List.of("chat:lobby"), 60, null).text(), null));
  }

  @Test
  void issuerAudienceAndEndAreRequired() {
    for (JWTClaimsSet wrong :
        List.of(
            claims().issuer("https://other.test").build(),
            claims().issuer(null).build(),
            claims().audience("account").build(),
            claims().audience(List.of()).build(),
            claims().expirationTime(null).build(),
            claims().expirationTime(Date.from(NOW.plus(Duration.ofDays(31)))).build(),
            claims().subject("anonymous").build(),
            claims().subject(null).build(),
            claims().claim("tw-ticket", Map.of("channels", List.of("chat:lobby"))).build())) {
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token(wrong)));
    }
    String expired = token(claims().expirationTime(Date.from(NOW.minusSeconds(60))).build());
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.token(expired));
    String asTicket =
        token(claims().claim("tw-ticket", Map.of("channels", List.of("chat:lobby"))).build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.ticket(asTicket, null));
  }

  @Test
  void grantsAndSubjectsAreFoundWhereTheIssuerPutsThem() {
    JWTClaimsSet claims =
        claims()
            .claim("preferred_username", "ally")
            .claim("https://a.test/user", Map.of("name", "al"))
            .claim("realm_access", Map.of("roles", List.of("admin", "subscribe:chat:*", 7)))
            .claim("scope", "openid publish:chat:lobby call:room.*")
            .build();
    Grant everyone = new Grant(List.of("user:$sub"), List.of(), List.of());
    Tokens keycloak =
        tokens("preferred_username", List.of("realm_access.roles", "scope", "none"), everyone);
    Identity ally = keycloak.token(token(claims));
    assertThat(ally.subject()).isEqualTo("ally");
    assertThat(ally.grant())
        .isEqualTo(
            new Grant(List.of("user:$sub", "chat:*"), List.of("chat:lobby"), List.of("room.*")));
    // A claim whose name has dots itself.
    Tokens dotted = tokens("https://a.test/user.name", List.of(), Grant.NOTHING);
    assertThat(dotted.token(token(claims)).subject()).isEqualTo("al");
    assertThat(dotted.token(token(claims)).grant()).isEqualTo(Grant.NOTHING);
    Tokens nowhere = tokens("realm_access", List.of(), Grant.NOTHING);
    assertRefused(ErrorCode.UNAUTHORIZED, () -> nowhere.token(token(claims)));
  }

  @Test
  void aTokenThatIsRememberedIsWorthNothingOnceItsKeyIsGone() {
    String token = token(claims().build());
    tokens.token(token);
    tokens.token(token);
    assertThat(meters.get("tailwater.edge.tokens").tag("remembered", "true").counter().count())
        .isEqualTo(1);
    issuer.publish("ec-next");
    // Another token names the new key, so the keys are read again.
    String next = issuer.token(JWSAlgorithm.ES256, "ec-next", claims().build());
    assertRefused(ErrorCode.UNAVAILABLE, () -> tokens.token(next));
    tokens.token(next);
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
  }

  private String token(JWTClaimsSet claims) {
    return issuer.token(JWSAlgorithm.ES256, "ec", claims);
  }

  private static JWTClaimsSet.Builder claims() {
    return IssuerServer.claims("alice")
        .issueTime(Date.from(NOW.minusSeconds(1)))
        .expirationTime(Date.from(NOW.plusSeconds(60)));
  }
}
