package io.tailwater.ai.lease;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.ai.stream.StreamId;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class UnwatchedTest {
  private static final StreamId A = new StreamId("A".repeat(22));
  private static final Set<StreamId> ALL = Set.of(A);
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final Unwatched unwatched = new Unwatched(Duration.ofSeconds(30));

  @Test
  void aStreamUnwatchedForTheLimitIsDue() {
    assertThat(unwatched.see(0, ALL, Set.of())).isEmpty();
    assertThat(unwatched.see(30 * SECOND - 1, ALL, Set.of())).isEmpty();
    assertThat(unwatched.see(30 * SECOND, ALL, Set.of())).containsExactly(A);
  }

  @Test
  void beingWatchedOnceBeginsTheTimeAnew() {
    unwatched.see(0, ALL, Set.of());
    unwatched.see(20 * SECOND, ALL, ALL);
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
