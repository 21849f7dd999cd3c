package io.tailwater.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.javaclient.Tokens.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class CredentialsTest {
  private final ManualLoop loop = new ManualLoop();
  private final List<Reason> asked = new ArrayList<>();
  private long lifeMs = 3_600_000;

  private final Credentials credentials =
      new Credentials(
          loop,
          Runnable::run,
          reason -> {
            asked.add(reason);
            return token(loop.wallClock() + lifeMs);
          },
          "");

  private static String token(long expiresMs) {
    String claims = "{\"sub\":\"alice\",\"exp\":" + expiresMs / 1_000 + "}";
    return "e30."
        + Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
        + ".x";
  }

  private String current() {
    CompletableFuture<String> current = credentials.current();
    loop.run();
    return current.join();
  }

  @Test
  void itAsksToConnectAndAgainShortlyBeforeTheTokenExpires() {
    String first = current();
    loop.pass(lifeMs - 31_000);
    assertThat(current()).isEqualTo(first);
    loop.pass(2_000);
    assertThat(current()).isNotEqualTo(first);
    assertThat(asked).containsExactly(Reason.CONNECT, Reason.EXPIRING);
  }

  @Test
  void aTokenThatIsShortLivedByAWrongClockIsNotAskedForWithEachRequest() {
    lifeMs = -5_000;
    current();
    for (int i = 0; i < 10; i++) {
      loop.pass(1_000);
      current();
    }
    assertThat(asked).containsExactly(Reason.CONNECT);
    loop.pass(30_000);
    current();
    assertThat(asked).containsExactly(Reason.CONNECT, Reason.EXPIRING);
  }

  @Test
  void severalThatWantATokenAtTheSameTimeGetTheSame() {
    CompletableFuture<String> one = credentials.renew(Reason.EXPIRED);
    CompletableFuture<String> other = credentials.renew(Reason.EXPIRING);
    loop.run();
    assertThat(one.join()).isEqualTo(other.join());
    assertThat(asked).containsExactly(Reason.EXPIRED);
  }

  @Test
  void aRefusedTokenIsNotReplacedIfItWasGivenAMomentAgo() {
    current();
    assertThat(credentials.isReplaceable()).isFalse();
    loop.pass(6_000);
    assertThat(credentials.isReplaceable()).isTrue();
  }

  @Test
  void whoHasNoTokensToGiveFailsTheRequestWhichMayBeMadeAgain() {
    Credentials none =
        new Credentials(
            loop,
            Runnable::run,
            reason -> {
              throw new IllegalStateException("signed out");
            },
            "");
    CompletableFuture<String> current = none.current();
    loop.run();
    assertThat(current.isCompletedExceptionally()).isTrue();
    TailwaterException failure =
        TailwaterException.from(current.handle((token, error) -> error).join());
    assertThat(failure.code()).isEqualTo("unauthorized");
    assertThat(failure.retry()).isTrue();
    assertThat(failure.getMessage()).contains("signed out");
  }

  @Test
  void aTokenThatStaysIsNeverAskedFor() {
    Credentials fixed = new Credentials(loop, Runnable::run, null, token(loop.wallClock()));
    assertThat(fixed.current()).isCompleted();
    assertThat(fixed.isRenewable()).isFalse();
    Credentials none = new Credentials(loop, Runnable::run, null, "");
    assertThat(none.current().join()).isEmpty();
  }
}
