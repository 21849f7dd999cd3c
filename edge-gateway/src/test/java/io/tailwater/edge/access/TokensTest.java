package io.tailwater.edge.access;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.Namespace;
import java.nio.charset.StandardCharsets;
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
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Channel HALL = Channel.parse("chat:hall");
  private static final Namespace CHAT = Namespace.newBuilder().setName("chat").build();

  private Instant now = NOW;
  private final InstantSource clock = () -> now;
  private final Tokens tokens = new Tokens(KEY, clock);

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
  void itEndsWhenItExpires() throws JOSEException {
    String token = signed(claims().build());
    now = NOW.plusMillis(59_999);
    tokens.token(token);
    now = NOW.plusMillis(60_000);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.token(token));
  }

  @Test
  void itBeginsWhenItIsValid() throws JOSEException {
    String token = signed(claims().notBeforeTime(Date.from(NOW.plusSeconds(10))).build());
    assertRefused(ErrorCode.UNAUTHORIZED, () -> tokens.token(token));
    now = NOW.plusSeconds(10);
    tokens.token(token);
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
    now = NOW.plusSeconds(30);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.ticket(shorter.text(), null));
    tokens.ticket(longer.text(), null);
    now = NOW.plusSeconds(60);
    assertRefused(ErrorCode.TOKEN_EXPIRED, () -> tokens.ticket(longer.text(), null));
  }

  @Test
  void aTicketIsGoodForTheOriginThatItWasMadeFor() throws JOSEException {
    Identity alice = tokens.token(signed(claims().build()));
    String bound = ticket(alice, 30, "https://app.example.com");
    tokens.ticket(bound, "https://app.example.com");
    // A GET of the same origin carries no Origin header.
    tokens.ticket(bound, null);
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

  @ParameterizedTest
  @ValueSource(strings = {"", "short", "not base64url!", "MDEyMzQ1Njc4OWFiY2RlZg"})
  void aKeyHasAtLeast32Bytes(String key) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Tokens(key, clock))
        .withMessageContaining("tailwater.edge.jwt-key");
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
