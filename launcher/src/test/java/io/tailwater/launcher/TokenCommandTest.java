package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.SignedJWT;
import io.tailwater.launcher.data.DevelopmentKey;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.ResourceLock;

@ResourceLock(Outcome.STANDARD_STREAMS)
final class TokenCommandTest {
  private final Path data;

  TokenCommandTest(@TempDir Path data) {
    this.data = data;
  }

  @Test
  void aTokenIsSignedWithTheDevelopmentKeyAndSaysWhatWasAskedFor() throws Exception {
    String key = DevelopmentKey.ofDirectory(data, new SecureRandom());
    Outcome outcome =
        token(
            "alice",
            "--subscribe",
            "chat:*",
            "--subscribe",
            "user:$sub",
            "--publish",
            "chat:*",
            "--call",
            "room.*",
            "--ttl",
            "30m");
    assertThat(outcome.exitCode()).isZero();
    SignedJWT jwt = SignedJWT.parse(outcome.out().strip());
    assertThat(jwt.getHeader().getAlgorithm().getName()).isEqualTo("HS256");
    assertThat(jwt.verify(new MACVerifier(Base64.getUrlDecoder().decode(key)))).isTrue();
    var claims = jwt.getJWTClaimsSet();
    assertThat(claims.getSubject()).isEqualTo("alice");
    assertThat(claims.getClaim("tw"))
        .isEqualTo(
            Map.of(
                "subscribe", List.of("chat:*", "user:$sub"),
                "publish", List.of("chat:*"),
                "call", List.of("room.*")));
    assertThat(Duration.between(Instant.now(), claims.getExpirationTime().toInstant()))
        .isBetween(Duration.ofMinutes(29), Duration.ofMinutes(30));
  }

  @Test
  void theKeyIsMadeOnceAndReadableByItsOwnerOnly() throws Exception {
    String key = DevelopmentKey.ofDirectory(data, new SecureRandom());
    assertThat(DevelopmentKey.ofDirectory(data, new SecureRandom())).isEqualTo(key);
    assertThat(Base64.getUrlDecoder().decode(key)).hasSize(32);
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(data.resolve("jwt-key"))))
        .isEqualTo("rw-------");
  }

  @Test
  void jsonSaysWhenItExpires() {
    DevelopmentKey.ofDirectory(data, new SecureRandom());
    var answer = Json.read(token("bob", "--json").out());
    assertThat(answer.path("token").asText()).contains(".");
    assertThat(answer.path("expires_at_ms").asLong()).isGreaterThan(0);
  }

  @Test
  void withoutAKeyItSaysWhereOneComesFrom() {
    Outcome outcome = token("alice");
    assertThat(outcome.exitCode()).isEqualTo(ExitStatus.FAILED);
    assertThat(outcome.err()).contains("./tailwater up").hasLineCount(1);
  }

  @Test
  void aBadTimeOrSubjectIsWrongUsage() {
    DevelopmentKey.ofDirectory(data, new SecureRandom());
    assertThat(token("alice", "--ttl", "soon").exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(token("alice", "--ttl", "0s").exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(token("a".repeat(256)).exitCode()).isEqualTo(ExitStatus.USAGE);
    assertThat(token().exitCode()).isEqualTo(ExitStatus.USAGE);
  }

  private Outcome token(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "token";
    all[1] = "--data";
    all[2] = data.toString();
    System.arraycopy(args, 0, all, 3, args.length);
    return Outcome.of(all);
  }
}
