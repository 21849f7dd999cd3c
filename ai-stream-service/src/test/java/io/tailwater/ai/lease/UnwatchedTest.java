package io.tailwater.ai.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.ai.stream.StreamId;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class UnwatchedTest {
  private static final StreamId A = new StreamId("A".repeat(22));
  private static final StreamId HASTY = new StreamId("H".repeat(22));
  private static final Set<StreamId> ONE = Set.of(A);
  private static final Map<StreamId, Duration> ALL = Map.of(A, Duration.ofSeconds(30));
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Unwatched unwatched = new Unwatched();

  @Test
  void aStreamUnwatchedForTheLimitIsDue() {
    assertThat(unwatched.see(0, ALL, Set.of())).isEmpty();
    assertThat(unwatched.see(30 * SECOND - 1, ALL, Set.of())).isEmpty();
    assertThat(unwatched.see(30 * SECOND, ALL, Set.of())).containsExactly(A);
  }

  @Test
  void eachStreamHasItsOwnLimit() {
    Map<StreamId, Duration> both = Map.of(A, Duration.ofSeconds(30), HASTY, Duration.ofSeconds(10));
    unwatched.see(0, both, Set.of());
    assertThat(unwatched.see(10 * SECOND, both, Set.of())).containsExactly(HASTY);
    assertThat(unwatched.see(30 * SECOND, both, Set.of())).containsExactlyInAnyOrder(A, HASTY);
  }

  @Test
  void beingWatchedOnceBeginsTheTimeAnew() {
    unwatched.see(0, ALL, Set.of());
    unwatched.see(20 * SECOND, ALL, ONE);
    assertThat(unwatched.see(40 * SECOND, ALL, Set.of())).isEmpty();
    assertThat(unwatched.see(70 * SECOND, ALL, Set.of())).containsExactly(A);
  }

  @Test
  void notKnowingBeginsTheTimeAnew() {
    unwatched.see(0, ALL, Set.of());
    unwatched.blind();
    assertThat(unwatched.see(40 * SECOND, ALL, Set.of())).isEmpty();
  }
}
