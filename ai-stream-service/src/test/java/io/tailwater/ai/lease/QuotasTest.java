package io.tailwater.ai.lease;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** When a user has used up its tokens, and when it has new ones. */
final class QuotasTest {
  private final Map<String, Long> counts = new HashMap<>();
  private boolean away;
  private Instant now = Instant.parse("2026-03-01T10:15:20Z");

  private Quotas quotas(long perMinute, long perDay) {
    return new Quotas(
        new InMemory(),
        new Quotas.Limits(perMinute, perDay),
        () -> now,
        new StreamMetrics(new SimpleMeterRegistry(), 0));
  }

  @Test
  void aMinuteThatIsUsedUpEnds() {
    Quotas quotas = quotas(100, 0);
    quotas.use("alice", 99);
    assertThatCode(() -> quotas.require("alice")).doesNotThrowAnyException();
    quotas.use("alice", 500);
    refused(quotas, ErrorCode.RATE_LIMITED, 40, "100 tokens of a minute");
    assertThatCode(() -> quotas.require("bob")).doesNotThrowAnyException();
    now = now.plusSeconds(40);
    assertThatCode(() -> quotas.require("alice")).doesNotThrowAnyException();
  }

  @Test
  void aDayThatIsUsedUpEndsAtMidnight() {
    Quotas quotas = quotas(1_000, 1_000);
    quotas.use("alice", 1_000);
    int left = 13 * 3600 + 44 * 60 + 40;
    refused(quotas, ErrorCode.QUOTA_EXCEEDED, left, "1000 tokens of a day");
    now = now.plusSeconds(left);
    assertThatCode(() -> quotas.require("alice")).doesNotThrowAnyException();
  }

  @Test
  void everythingIsAllowedWhileTheCountsAreAwayAndWithoutLimits() {
    Quotas quotas = quotas(1, 1);
    quotas.use("alice", 5);
    away = true;
    assertThatCode(() -> quotas.require("alice")).doesNotThrowAnyException();
    assertThatCode(() -> quotas.use("alice", 5)).doesNotThrowAnyException();
    Quotas none = quotas(0, 0);
    assertThatCode(() -> none.require("alice")).doesNotThrowAnyException();
    none.use("alice", 5);
    assertThat(counts.values()).containsOnly(5L);
  }

  private static void refused(Quotas quotas, ErrorCode code, int retryAfter, String why) {
    assertThatThrownBy(() -> quotas.require("alice"))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.retryAfterSeconds()).isEqualTo(retryAfter);
              assertThat(refusal.text()).contains(why);
            });
  }

  private final class InMemory implements TokenCounts {
    @Override
    public List<Long> used(String user, List<String> windows) throws LeaseStoreException {
      reach();
      return windows.stream().map(each -> counts.getOrDefault(user + each, 0L)).toList();
    }

    @Override
    public void use(String user, String window, long tokens, Duration kept)
        throws LeaseStoreException {
      reach();
      counts.merge(user + window, tokens, Long::sum);
    }

    private void reach() throws LeaseStoreException {
      if (away) {
        throw new LeaseStoreException("away");
      }
    }
  }
}
