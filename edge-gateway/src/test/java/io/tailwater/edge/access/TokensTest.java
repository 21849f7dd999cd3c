package io.tailwater.edge.access;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TokensTest {
  private static final byte[] SECRET =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
          .getBytes(StandardCharsets.US_ASCII);
  static final String KEY = Base64.getUrlEncoder().withoutPadding().encodeToString(SECRET);
  private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");
  private static final MeterRegistry METERS = new SimpleMeterRegistry();
  private static final Duration MAX_LIFE = Duration.ofDays(30);
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Channel HALL = Channel.parse("chat:hall");
  private static final Namespace CHAT = Namespace.newBuilder().setName("chat").build();

  private Instant now = NOW;
  private final InstantSource clock = () -> now;
  private final Revocations revocations = revocations(clock);
  private final Tokens tokens = tokens(revocations, clock);

  @Test
  void aTokenSaysWhoAndWhat() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    assertThat(alice.subject()).isEqualTo("alice");
    assertThat(alice.anonymous()).isFalse();
    assertThat(alice.expiresAtMs()).isEqualTo(NOW.plusSeconds(60).toEpochMilli());
    alice.requireSubscribe(LOBBY, CHAT);
    alice.requirePublish(LOBBY, CHAT);
    assertRefused(ErrorCode.FORBIDDEN, () -> alice.requirePublish(HALL, CHAT));
  }

  @Test
  void itEndsWhenItExpiresAsTheSlowestClockSeesIt() throws JOSEException {
    String token = signed(claims().build());
    now = NOW.plusSeconds(60);
    assertThat(tokens.token(token).expiresAtMs()).isEqualTo(NOW.plusSeconds(60).toEpochMilli());
    now = NOW.plusMillis(89_999);
    tokens.token(token);
    now = NOW.plusMillis(90_000);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.token(token));
  }

  @Test
  void aConnectionEndsWithItsTokenOrWhenTheToleranceIsOver() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    long expiresMs = NOW.plusSeconds(60).toEpochMilli();
    assertThat(alice.endsAtMs(expiresMs - 1)).isEqualTo(expiresMs);
    assertThat(alice.endsAtMs(expiresMs + 5)).isEqualTo(expiresMs + 30_000);
  }

  @Test
  void itBeginsWhenItIsValidAsTheFastestClockSeesIt() throws JOSEException {
    for (String claim : List.of("nbf", "iat")) {
      now = NOW;
      String token = signed(claims().claim(claim, NOW.plusSeconds(50).getEpochSecond()).build());
      assertThatThrownBy(() -> tokens.token(token))
          .isInstanceOfSatisfying(
              RequestException.class,
              refusal -> {
                assertThat(refusal.code()).isEqualTo(ErrorCode.TOKEN_NOT_YET_VALID);
                assertThat(refusal.code().retry()).isTrue();
                assertThat(refusal.retryAfterSeconds()).isEqualTo(20);
              });
      now = NOW.plusSeconds(20);
      tokens.token(token);
      now = NOW.minusSeconds(3_600);
      // Whoever remembers the token has seen a clock by which it was valid.
      Tokens others = tokens(revocations, clock);
      assertRefused(ErrorCode.UNAUTHORIZED, () -> others.token(token));
    }
  }

  @Test
  void itsEndIsNotTooFarAway() throws JOSEException {
    Instant month = NOW.plus(Duration.ofDays(30));
    tokens.token(signed(claims().expirationTime(Date.from(month)).build()));
    for (Instant end : List.of(month.plusSeconds(60), Instant.ofEpochSecond(253402300799L))) {
      String token = signed(claims().expirationTime(Date.from(end)).build());
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    }
    // Milliseconds where the standard has seconds.
    String wrong = signed(claims().claim("exp", NOW.plusSeconds(60).toEpochMilli()).build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(wrong));
  }

  @Test
  void everySecretVerifiesAndTheFirstSigns() throws JOSEException {
    byte[] older = SECRET.clone();
    older[0]++;
    String oldKey = Base64.getUrlEncoder().withoutPadding().encodeToString(older);
    Tokens both =
        new Tokens(new Secrets(List.of(KEY, oldKey)), null, MAX_LIFE, revocations, clock, METERS);
    Identity alice = both.token(signed(JWSAlgorithm.HS256, older, claims().build()));
    both.token(signed(claims().build()));
    String ticket = both.makeTicket(alice, List.of("chat:lobby"), 30, null).text();
    tokens.ticket(ticket, null);
    assertRefused(
        ErrorCode.UNAUTHORIZED,
        () ->
            new Tokens(new Secrets(List.of(oldKey)), null, MAX_LIFE, revocations, clock, METERS)
                .ticket(ticket, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "anonymous",
        "$sub",
        "*",
        "chat:*",
        "alice*",
        "a\nb",
        "a\u0000",
        "a\u007f",
        "a\u0085",
      })
  void aSubjectIsNobodyElse(String subject) throws JOSEException {
    String token = signed(claims().subject(subject).build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
  }

  @Test
  void aSubjectIsWellFormedText() throws JOSEException {
    for (String half : List.of("\\ud800", "a\\udc00b")) {
      String payload =
          "{\"sub\":\"" + half + "\",\"exp\":" + NOW.plusSeconds(60).getEpochSecond() + "}";
      JWSObject jws = new JWSObject(new JWSHeader(JWSAlgorithm.HS256), new Payload(payload));
      jws.sign(new MACSigner(SECRET));
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(jws.serialize()));
    }
    for (String good : List.of("anonymous2", "a$sub", "*a", "Zo\u00eb \ud83d\ude00")) {
      assertThat(tokens.token(signed(claims().subject(good).build())).subject()).isEqualTo(good);
    }
  }

  @Test
  void itsGrantsAddToWhatEveryoneMayDo() throws JOSEException {
    Identity alice = tokens.token(signed(claims().claim("tw", null).build()));
    Namespace open =
        Namespace.newBuilder()
            .setName("demo")
            .setAnonymousSubscribe(true)
            .setAnonymousPublish(true)
            .build();
    Channel channel = Channel.parse("demo:x");
    alice.requireSubscribe(channel, open);
    alice.requirePublish(channel, open);
    alice.requirePublishAll(open);
    assertThat(alice.maySubscribe(channel, open)).isTrue();
    Identity ticket = tokens.ticket(ticket(alice, 30, null), null);
    assertRefused(ErrorCode.FORBIDDEN, () -> ticket.requireSubscribe(channel, open));
    assertRefused(ErrorCode.FORBIDDEN, () -> ticket.requirePublish(channel, open));
  }

  @Test
  void anotherKeyIsUnauthorizedEvenIfItExpired() throws JOSEException {
    byte[] other = SECRET.clone();
    other[0]++;
    String token = signed(JWSAlgorithm.HS256, other, claims().build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    now = NOW.plusSeconds(1_000);
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
  }

  @Test
  void anotherAlgorithmIsUnauthorized() throws JOSEException {
    for (JWSAlgorithm algorithm : List.of(JWSAlgorithm.HS384, JWSAlgorithm.HS512)) {
      String token = signed(algorithm, SECRET, claims().build());
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    }
  }

  @Test
  void noAlgorithmIsUnauthorized() {
    String none = new PlainJWT(claims().build()).serialize();
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(none));
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(none + "AAAA"));
  }

  @Test
  void aTokenThatWasChangedIsUnauthorized() throws JOSEException {
    String[] parts = signed(claims().build()).split("\\.");
    String forged = claims().subject("bob").build().toString();
    String payload =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(forged.getBytes(StandardCharsets.UTF_8));
    assertRefused(
        ErrorCode.UNAUTHORIZED, () -> tokens.token(parts[0] + "." + payload + "." + parts[2]));
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(parts[0] + "." + parts[1] + "."));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".", "..", "x", "a.b.c", "eyJhbGciOiJub25lIn0.e30.", "\u0000"})
  void whatIsNoJwtIsUnauthorized(String text) {
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(text));
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.ticket(text, null));
  }

  @Test
  void itNeedsAnEndAndASubject() throws JOSEException {
    String endless = signed(claims().expirationTime(null).build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(endless));
    for (String subject : List.of("", "s".repeat(256))) {
      String token = signed(claims().subject(subject).build());
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    }
  }

  @Test
  void grantsThatAreNoListsOfPatternsAreUnauthorized() throws JOSEException {
    for (Object wrong : new Object[] {"chat:*", 5, List.of(5), Map.of()}) {
      String token = signed(claims().claim("tw", Map.of("subscribe", wrong)).build());
      assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    }
  }

  @Test
  void withoutGrantsItAllowsNothing() throws JOSEException {
    Identity alice = tokens.token(signed(claims().claim("tw", null).build()));
    assertRefused(ErrorCode.FORBIDDEN, () -> alice.requireSubscribe(LOBBY, CHAT));
  }

  @Test
  void aTicketReadsExactlyItsChannels() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    Identity ticket = tokens.ticket(ticket(alice, 30, null), null);
    assertThat(ticket.subject()).isEqualTo("alice");
    ticket.requireSubscribe(LOBBY, CHAT);
    assertRefused(ErrorCode.FORBIDDEN, () -> ticket.requireSubscribe(HALL, CHAT));
    assertRefused(ErrorCode.FORBIDDEN, () -> ticket.requirePublish(LOBBY, CHAT));
  }

  @Test
  void aTicketEndsInItsTimeAndNeverAfterItsToken() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    Tokens.Ticket shorter = tokens.makeTicket(alice, List.of("chat:lobby"), 30, null);
    Tokens.Ticket longer = tokens.makeTicket(alice, List.of("chat:lobby"), 3_600, null);
    assertThat(shorter.expiresAtMs()).isEqualTo(NOW.plusSeconds(30).toEpochMilli());
    assertThat(longer.expiresAtMs()).isEqualTo(alice.expiresAtMs());
    now = NOW.plusSeconds(60);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.ticket(shorter.text(), null));
    tokens.ticket(longer.text(), null);
    now = NOW.plusSeconds(90);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.ticket(longer.text(), null));
  }

  @Test
  void aTicketIsGoodForTheOriginThatItWasMadeFor() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    String bound = ticket(alice, 30, "https://app.example.com");
    tokens.ticket(bound, "https://app.example.com");
    // A GET of the same origin carries no Origin header.
    tokens.ticket(bound, null);
    tokens.ticket(bound, "https://APP.example.com:443");
    assertRefused(ErrorCode.ORIGIN_DENIED, () -> tokens.ticket(bound, "https://evil.example.com"));
  }

  @Test
  void aTicketIsNoTokenAndATokenNoTicket() throws JOSEException {
    String token = signed(claims().build());
    String ticket = ticket(tokens.token(token), 30, null);
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(ticket));
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.ticket(token, null));
  }

  @Test
  void aTicketOfAClientWithoutATokenReadsForIt() {
    Identity ticket = tokens.ticket(ticket(Identity.withoutToken(), 30, null), null);
    assertThat(ticket.anonymous()).isTrue();
    ticket.requireSubscribe(LOBBY, CHAT);
    assertRefused(ErrorCode.UNAUTHORIZED, () -> ticket.requireSubscribe(HALL, CHAT));
  }

  @Test
  void tokensIssuedBeforeARevocationAndTheirTicketsAreTakenBack() throws JOSEException {
    String old = signed(claims().issueTime(Date.from(NOW.minusSeconds(1))).jwtID("t-1").build());
    String undated = signed(claims().build());
    String fresh = signed(claims().issueTime(Date.from(NOW)).build());
    String other = signed(claims().subject("bob").build());
    String ticket = ticket(tokens.token(old), 60, null);
    String undatedTicket = ticket(tokens.token(undated), 60, null);
    String freshTicket = ticket(tokens.token(fresh), 60, null);
    revocations.put(revocation(Revocation.Kind.SUBJECT, "alice"));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.token(old));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.token(undated));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.ticket(ticket, null));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.ticket(undatedTicket, null));
    tokens.token(fresh);
    tokens.ticket(freshTicket, null);
    tokens.token(other);
    revocations.remove(new Revocation.Target(Revocation.Kind.SUBJECT, "alice"));
    tokens.token(old);
    revocations.put(revocation(Revocation.Kind.TOKEN_ID, "t-1"));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.token(old));
    assertRefused(ErrorCode.TOKEN_REVOKED, () -> tokens.ticket(ticket, null));
    tokens.token(undated);
    // It is over.
    now = NOW.plusSeconds(10);
    tokens.token(old);
  }

  @Test
  void aRevocationOfThisSecondSaysWhenANewTokenIsGood() throws JOSEException {
    String token = signed(claims().issueTime(Date.from(NOW.minusSeconds(9))).build());
    revocations.put(revocation(Revocation.Kind.SUBJECT, "alice"));
    for (Map.Entry<Instant, Integer> each :
        Map.of(NOW.minusMillis(1), 1, NOW, 0, NOW.minusMillis(1_001), 2).entrySet()) {
      now = each.getKey();
      assertThatThrownBy(() -> tokens.token(token))
          .isInstanceOfSatisfying(
              RequestException.class,
              refusal ->
                  assertThat(refusal.retryAfterSeconds()).as("%s", now).isEqualTo(each.getValue()));
    }
  }

  @Test
  void noTokenIsJudgedBeforeTheRevocationsAreRead() throws JOSEException {
    Tokens starting = tokens(new Revocations(MAX_LIFE, clock), clock);
    String token = signed(claims().build());
    assertRefused(ErrorCode.UNAVAILABLE, () -> starting.token(token));
    String ticket = ticket(tokens.token(token), 60, null);
    assertRefused(ErrorCode.UNAVAILABLE, () -> starting.ticket(ticket, null));
  }

  @Test
  void aLaterRevocationReplacesAnEarlierAndThoseThatAreOverAreForgotten() {
    Revocation.Target alice = new Revocation.Target(Revocation.Kind.SUBJECT, "alice");
    for (int i = 1; i <= 3; i++) {
      revocations.put(
          new Revocation(alice, i, NOW.plusSeconds(i).toEpochMilli(), "admin", NOW.toEpochMilli()));
    }
    assertThat(revocations.after("", 10)).extracting(Revocation::beforeMs).containsExactly(3L);
    now = NOW.plusSeconds(3);
    assertThat(revocations.after("", 10)).isEmpty();
    assertThat(revocations.find(alice)).isNull();
    assertThat(revocations.size()).isEqualTo(1);
    revocations.forgetOver();
    assertThat(revocations.size()).isZero();
  }

  private static Revocation revocation(Revocation.Kind kind, String name) {
    return new Revocation(
        new Revocation.Target(kind, name),
        NOW.toEpochMilli(),
        NOW.plusSeconds(10).toEpochMilli(),
        "admin",
        NOW.toEpochMilli());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "not base64url!", "MDEyMzQ1Njc4OWFiY2RlZg"})
  void aKeyHasAtLeast32Bytes(String key) {
    assertThat(Secrets.isKey(key)).isFalse();
    assertThat(Secrets.isKey(KEY)).isTrue();
  }

  static Tokens tokens(InstantSource clock) {
    return tokens(revocations(clock), clock);
  }

  private static Tokens tokens(Revocations revocations, InstantSource clock) {
    return new Tokens(new Secrets(List.of(KEY)), null, MAX_LIFE, revocations, clock, METERS);
  }

  private static Revocations revocations(InstantSource clock) {
    Revocations revocations = new Revocations(MAX_LIFE, clock);
    revocations.setComplete();
    return revocations;
  }

  private String ticket(Identity identity, long ttlSeconds, @Nullable String origin) {
    return tokens.makeTicket(identity, List.of("chat:lobby"), ttlSeconds, origin).text();
  }

  /** A token of this subject that is good for a minute from noon. */
  static String token(String subject) {
    try {
      return signed(claims().subject(subject).build());
    } catch (JOSEException e) {
      throw new AssertionError("a token could not be signed", e);
    }
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .subject("alice")
        .expirationTime(Date.from(NOW.plusSeconds(60)))
        .claim("tw", Map.of("subscribe", List.of("chat:*"), "publish", List.of("chat:lobby")));
  }

  private static String signed(JWTClaimsSet claims) throws JOSEException {
    return signed(JWSAlgorithm.HS256, SECRET, claims);
  }

  private static String signed(JWSAlgorithm algorithm, byte[] secret, JWTClaimsSet claims)
      throws JOSEException {
    SignedJWT jwt = new SignedJWT(new JWSHeader(algorithm), claims);
    jwt.sign(new MACSigner(secret));
    return jwt.serialize();
  }
}
