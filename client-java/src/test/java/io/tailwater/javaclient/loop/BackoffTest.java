package io.tailwater.javaclient.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  private static final Backoff USUAL = new Backoff(500, 30_000, 5);

  @Test
  void theBoundDoublesUpToTheMaximum() {
    assertThat(USUAL.ceiling(0)).isEqualTo(500);
    assertThat(USUAL.ceiling(1)).isEqualTo(1_000);
    assertThat(USUAL.ceiling(6)).isEqualTo(30_000);
    assertThat(USUAL.ceiling(Integer.MAX_VALUE)).isEqualTo(30_000);
  }

  @Property
  void aPauseIsAnywhereBelowTheBoundAndAtLeastWhatTheServerAsks(
      @ForAll @IntRange(max = 1_000_000) int attempt,
      @ForAll @DoubleRange(maxIncluded = false) double random,
      @ForAll @LongRange(max = 100_000) long least) {
    assertThat(USUAL.pause(attempt, random, least))
        .isEqualTo(Math.max(least, (long) (random * USUAL.ceiling(attempt))));
  }

  @Test
  void aLowerMaximumIsKept() {
    assertThat(USUAL.atMost(100).ceiling(9)).isEqualTo(100);
    assertThat(USUAL.atMost(60_000)).isEqualTo(USUAL);
  }

  @Test
  void refusesBoundsThatMakeNoSense() {
    assertThatThrownBy(() -> new Backoff(0, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(2, 1, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new Backoff(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
  }
}
