package io.tailwater.edge.keys;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.ErrorCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class IssuerKeysTest {
  private static final JWTClaimsSet CLAIMS = IssuerServer.claims("alice").build();

  private final IssuerServer issuer = new IssuerServer();
  private long now;
  private final IssuerKeys keys = keys(List.of(issuer.url()), Runnable::run);

  private IssuerKeys keys(List<String> locations, Executor readers) {
    return new IssuerKeys(locations, readers, () -> now, new SimpleMeterRegistry());
  }

  @AfterEach
  void close() {
    keys.close();
    issuer.close();
  }

  @ParameterizedTest
  @CsvSource({"RS256,rsa", "PS256,rsa", "ES256,ec", "EdDSA,ed"})
  void everyAlgorithmVerifiesWithItsOwnKeyAlone(String algorithm, String name) throws Exception {
    issuer.publish("rsa", "ec", "ed");
    keys.tick();
    JWSAlgorithm signed = JWSAlgorithm.parse(algorithm);
    String token = issuer.token(signed, name, CLAIMS);
    assertThat(verify(token)).isTrue();
    assertThat(verify(issuer.signed(new JWSHeader(signed), name, CLAIMS))).isTrue();
    assertThat(verify(spoilt(token))).isFalse();
    // Signed by a key of the same type that is not published, under the name of one that is.
    JWSHeader header = new JWSHeader.Builder(signed).keyID(name).build();
    assertThat(verify(issuer.signed(header, name + "-other", CLAIMS))).isFalse();
    for (String other : List.of("rsa", "ec", "ed")) {
      if (!other.equals(name)) {
        JWSHeader wrong = new JWSHeader.Builder(signed).keyID(other).build();
        assertThat(verify(issuer.signed(wrong, name, CLAIMS))).as(other).isFalse();
      }
    }
  }

  @Test
  void aPublicKeyIsNoSecretAndWhatIsCriticalIsRefused() throws Exception {
    issuer.publish("rsa", "ed");
    keys.tick();
    RSAKey key = (RSAKey) issuer.key("rsa");
    for (byte[] secret :
        List.of(
            key.toRSAPublicKey().getEncoded(),
            key.toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8))) {
      JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.HS256).keyID("rsa").build();
      SignedJWT forged = new SignedJWT(header, CLAIMS);
      forged.sign(new MACSigner(secret));
      assertThat(verify(forged.serialize())).isFalse();
    }
    JWSHeader critical =
        new JWSHeader.Builder(JWSAlgorithm.EdDSA)
            .keyID("ed")
            .criticalParams(Set.of("ours"))
            .customParam("ours", true)
            .build();
    assertThat(verify(issuer.signed(critical, "ed", CLAIMS))).isFalse();
    assertThat(verify(issuer.token(JWSAlgorithm.RS512, "rsa", CLAIMS))).isFalse();
  }

  @Test
  void aKeyVerifiesWhatItSaysItIsFor() throws Exception {
    RSAKey rsa = (RSAKey) issuer.key("rsa");
    String only =
        new RSAKey.Builder(rsa).algorithm(JWSAlgorithm.PS256).build().toPublicJWK().toJSONString();
    String encrypts = only.replace("\"PS256\"", "\"RSA-OAEP\"");
    issuer.serve(200, set(only));
    keys.tick();
    assertThat(verify(issuer.token(JWSAlgorithm.PS256, "rsa", CLAIMS))).isTrue();
    assertThat(verify(issuer.token(JWSAlgorithm.RS256, "rsa", CLAIMS))).isFalse();
    for (String useless :
        List.of(
            encrypts,
            only.replace("\"kty\"", "\"use\":\"enc\",\"kty\""),
            only.replace("\"kty\"", "\"key_ops\":[\"encrypt\"],\"kty\""),
            "{\"kty\":\"oct\",\"kid\":\"rsa\",\"k\":\"c2VjcmV0\"}",
            "{\"kty\":\"new\",\"kid\":\"rsa\"}",
            "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AQ\",\"y\":\"AQ\"}",
            "7")) {
      JWK good = issuer.key("ec");
      issuer.serve(200, set(useless, good.toPublicJWK().toJSONString()));
      now += Duration.ofMinutes(10).toNanos();
      keys.tick();
      assertThat(verify(issuer.token(JWSAlgorithm.ES256, "ec", CLAIMS))).as(useless).isTrue();
      assertRefused(
          ErrorCode.UNAVAILABLE, () -> verify(issuer.token(JWSAlgorithm.PS256, "rsa", CLAIMS)));
      assertThat(verify(issuer.token(JWSAlgorithm.PS256, "rsa", CLAIMS))).isFalse();
    }
  }

  @Test
  void anUnknownKeyIsAskedForAtMostEveryHalfMinute() throws Exception {
    issuer.publish("ec-1");
    keys.tick();
    issuer.publish("ec-2");
    String token = issuer.token(JWSAlgorithm.ES256, "ec-2", CLAIMS);
    int before = issuer.requests();
    assertRefused(ErrorCode.UNAVAILABLE, () -> verify(token));
    assertThat(verify(token)).isTrue();
    assertThat(verify(issuer.token(JWSAlgorithm.ES256, "ec-1", CLAIMS))).isFalse();
    for (int i = 0; i < 50; i++) {
      assertThat(verify(issuer.token(JWSAlgorithm.ES256, "ec-unknown-" + i % 2, CLAIMS))).isFalse();
    }
    assertThat(issuer.requests()).isEqualTo(before + 1);
    now += Duration.ofSeconds(30).toNanos();
    assertRefused(
        ErrorCode.UNAVAILABLE, () -> verify(issuer.token(JWSAlgorithm.ES256, "ec-3", CLAIMS)));
    assertThat(issuer.requests()).isEqualTo(before + 2);
  }

  @Test
  void keysAreGoodForADayWhenTheIssuerIsDownAndThenNobodyIsCalledUnauthorized() throws Exception {
    issuer.publish("ec");
    keys.tick();
    String token = issuer.token(JWSAlgorithm.ES256, "ec", CLAIMS);
    long changes = keys.changes();
    issuer.serve(500, "");
    now += Duration.ofHours(24).toNanos() - 1;
    keys.tick();
    assertThat(verify(token)).isTrue();
    assertThat(keys.changes()).isEqualTo(changes);
    now += 1;
    assertRefused(ErrorCode.UNAVAILABLE, () -> verify(token));
    keys.tick();
    assertThat(keys.changes()).isGreaterThan(changes);
    assertRefused(ErrorCode.UNAVAILABLE, () -> verify(token));
    issuer.publish("ec");
    now += Duration.ofSeconds(5).toNanos();
    keys.tick();
    assertThat(verify(token)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "not JSON", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "[]", "large"})
  void garbageIsNoKeySetAndTakesNoKeyAway(String garbage) throws Exception {
    issuer.serve(200, garbage.equals("large") ? "x".repeat(300_000) : garbage);
    keys.tick();
    String token = issuer.token(JWSAlgorithm.ES256, "ec", CLAIMS);
    assertRefused(ErrorCode.UNAVAILABLE, () -> verify(token));
    issuer.publish("ec");
    now += Duration.ofSeconds(5).toNanos();
    keys.tick();
    assertThat(verify(token)).isTrue();
    issuer.serve(200, garbage);
    now += Duration.ofMinutes(10).toNanos();
    keys.tick();
    assertThat(verify(token)).isTrue();
  }

  @Test
  void nobodyWaitsForASlowIssuer() throws Exception {
    Queue<Runnable> slow = new ArrayDeque<>();
    try (IssuerKeys waiting = keys(List.of(issuer.url()), slow::add)) {
      issuer.publish("ec");
      waiting.tick();
      SignedJWT token = SignedJWT.parse(issuer.token(JWSAlgorithm.ES256, "ec", CLAIMS));
      assertRefused(ErrorCode.UNAVAILABLE, () -> waiting.verify(token));
      assertRefused(ErrorCode.UNAVAILABLE, () -> waiting.verify(token));
      // However many ask, the issuer is asked once.
      assertThat(slow).hasSize(1);
      slow.remove().run();
      assertThat(waiting.verify(token)).isTrue();
    }
  }

  @Test
  void aFileIsRead(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("keys.json");
    try (IssuerKeys read = keys(List.of(file.toString(), issuer.url()), Runnable::run)) {
      issuer.publish("ec");
      read.tick();
      SignedJWT token = SignedJWT.parse(issuer.token(JWSAlgorithm.EdDSA, "ed", CLAIMS));
      // There is no file yet, so it may be one of its keys.
      assertRefused(ErrorCode.UNAVAILABLE, () -> read.verify(token));
      assertThat(read.verify(SignedJWT.parse(issuer.token(JWSAlgorithm.ES256, "ec", CLAIMS))))
          .isTrue();
      write(file, set(issuer.key("ed").toPublicJWK().toJSONString()));
      now += Duration.ofMinutes(1).toNanos();
      read.tick();
      assertThat(read.verify(token)).isTrue();
    }
  }

  @Test
  void locationsAreUrlsOrAbsolutePaths() {
    assertThat(List.of("https://a.test/keys", "http://127.0.0.1:1/k", "/etc/k", "file:///etc/k"))
        .allMatch(IssuerKeys::isLocation);
    assertThat(List.of("a.test/keys", "keys.json", "ftp://a.test", "https:", "https:// a", ""))
        .noneMatch(IssuerKeys::isLocation);
  }

  private static void write(Path file, String text) throws IOException {
    Files.writeString(file, text);
  }

  private static String set(String... members) {
    return "{\"keys\":[" + String.join(",", members) + "]}";
  }

  private static String spoilt(String token) {
    int last = token.lastIndexOf('.') + 5;
    char other = token.charAt(last) == 'A' ? 'B' : 'A';
    return token.substring(0, last) + other + token.substring(last + 1);
  }

  private boolean verify(String token) throws JOSEException, ParseException {
    return keys.verify(SignedJWT.parse(token));
  }
}
