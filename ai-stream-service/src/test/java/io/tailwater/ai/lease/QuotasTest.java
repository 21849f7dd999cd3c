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
    return quotas(new Quotas.Limits(perMinute, perDay), Map.of());
  }

  private Quotas quotas(Quotas.Limits limits, Map<String, Quotas.ModelLimits> models) {
    return new Quotas(
        new InMemory(), limits, models, () -> now, new StreamMetrics(new SimpleMeterRegistry(), 0));
  }

  @Test
  void aMinuteThatIsUsedUpEnds() {
    Quotas quotas = quotas(100, 0);
    quotas.use("alice", "m", 99);
    assertThatCode(() -> quotas.require("alice", "m")).doesNotThrowAnyException();
    quotas.use("alice", "m", 500);
    refused(quotas, ErrorCode.RATE_LIMITED, 40, "100 tokens of a minute");
    assertThatCode(() -> quotas.require("bob", "m")).doesNotThrowAnyException();
    now = now.plusSeconds(40);
    assertThatCode(() -> quotas.require("alice", "m")).doesNotThrowAnyException();
  }

  @Test
  void aDayThatIsUsedUpEndsAtMidnight() {
    Quotas quotas = quotas(1_000, 1_000);
    quotas.use("alice", "m", 1_000);
    int left = 13 * 3600 + 44 * 60 + 40;
    refused(quotas, ErrorCode.QUOTA_EXCEEDED, left, "1000 tokens of a day");
    now = now.plusSeconds(left);
    assertThatCode(() -> quotas.require("alice", "m")).doesNotThrowAnyException();
  }

  @Test
  void everythingIsAllowedWhileTheCountsAreAwayAndWithoutLimits() {
    Quotas quotas = quotas(1, 1);
    quotas.use("alice", "m", 5);
    away = true;
    assertThatCode(() -> quotas.require("alice", "m")).doesNotThrowAnyException();
    assertThatCode(() -> quotas.use("alice", "m", 5)).doesNotThrowAnyException();
    Quotas none = quotas(0, 0);
    assertThatCode(() -> none.require("alice", "m")).doesNotThrowAnyException();
    none.use("alice", "m", 5);
    assertThat(counts.values()).containsOnly(5L);
  }

  @Test
  void aModelHasLimitsOfItsOwnForEachUserAndForAll() {
    Quotas quotas =
        quotas(
            new Quotas.Limits(0, 1_000),
            Map.of(
                "dear",
                new Quotas.ModelLimits(new Quotas.Limits(100, 0), new Quotas.Limits(0, 300))));
    quotas.use("alice", "dear", 100);
    refused(quotas, "alice", "dear", ErrorCode.RATE_LIMITED, "its 100 tokens of a minute of the");
    assertThatCode(() -> quotas.require("alice", "cheap")).doesNotThrowAnyException();
    assertThatCode(() -> quotas.require("bob", "dear")).doesNotThrowAnyException();
    // Who began a stream can be unknown.
    quotas.use("", "dear", 200);
    refused(
        quotas,
        "bob",
        "dear",
        ErrorCode.QUOTA_EXCEEDED,
        "all users have used the 300 tokens of a day (UTC) of the model 'dear'");
    quotas.use("alice", "cheap", 900);
    refused(quotas, "alice", "cheap", ErrorCode.QUOTA_EXCEEDED, "its 1000 tokens of a day (UTC);");
    assertThatCode(() -> quotas.require("bob", "cheap")).doesNotThrowAnyException();
  }

  private static void refused(
      Quotas quotas, String user, String model, ErrorCode code, String why) {
    assertThatThrownBy(() -> quotas.require(user, model))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.text()).contains(why);
            });
  }

  private static void refused(Quotas quotas, ErrorCode code, int retryAfter, String why) {
    assertThatThrownBy(() -> quotas.require("alice", "m"))
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
