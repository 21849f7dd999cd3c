package io.tailwater.javaclient.loop;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class QualityTest {
  private static final long MINUTE = 60_000;

  private final Quality quality = new Quality(0);

  @Test
  void threeFailedConnectsInAMinuteAreBad() {
    quality.failed(0);
    quality.failed(30_000);
    assertThat(quality.bad(30_000)).isEmpty();
    quality.failed(59_000);
    assertThat(quality.bad(59_000)).contains("3 connects failed");
    assertThat(quality.bad(MINUTE + 1)).isEmpty();
    quality.failed(MINUTE + 1);
    assertThat(quality.bad(MINUTE + 1)).isPresent();
    quality.forgive();
    assertThat(quality.bad(MINUTE + 1)).isEmpty();
  }

  @Test
  void aMedianAboveASecondIsBadOnceThereAreEnoughPings() {
    quality.pinged(1, 5_000);
    quality.pinged(2, 1_001);
    assertThat(quality.bad(2)).isEmpty();
    quality.pinged(3, 10);
    assertThat(quality.bad(3)).contains("round trip 1001 ms");
    quality.pinged(4, 10);
    quality.pinged(5, 10);
    assertThat(quality.bad(5)).isEmpty();
  }

  @Test
  void moreThanOneLostPingOfTwentyIsBad() {
    quality.lost(1);
    assertThat(quality.bad(1)).isEmpty();
    quality.lost(2);
    assertThat(quality.bad(2)).contains("2 of 2 pings lost");
    for (int i = 0; i < 19; i++) {
      quality.pinged(3 + i, 10);
    }
    assertThat(quality.bad(30)).isEmpty();
  }

  @Test
  void goodPingsForAMinuteAreGoodButAtMostOnceInFiveMinutes() {
    quality.pinged(0, 50);
    assertThat(quality.good(MINUTE - 1)).isFalse();
    assertThat(quality.good(MINUTE)).isTrue();
    quality.changed(MINUTE);
    quality.pinged(MINUTE, 50);
    assertThat(quality.good(3 * MINUTE)).isFalse();
    assertThat(quality.good(6 * MINUTE)).isTrue();
    quality.pinged(6 * MINUTE, 100);
    assertThat(quality.good(20 * MINUTE)).isFalse();
    quality.pinged(21 * MINUTE, 99);
    assertThat(quality.good(22 * MINUTE)).isTrue();
  }
}
