package io.tailwater.edge.limits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

final class RateTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 1_000);

  @Property(tries = 200)
  void neverMoreThanTheRateAndASecondsWorthAtOnce(
      @ForAll @IntRange(min = 1, max = 50) int perSecond, @ForAll @Size(max = 300) int[] pausesMs) {
    Rate rate = new Rate(perSecond, 10, now::get);
    long begun = now.get();
    long taken = 0;
    for (int pause : pausesMs) {
      now.addAndGet(TimeUnit.MILLISECONDS.toNanos(Math.floorMod(pause, 200)));
      if (rate.take("a")) {
        taken++;
      }
      double seconds = (now.get() - begun) / 1e9;
      assertThat((double) taken).isLessThanOrEqualTo(perSecond * (1 + seconds) + 1e-3);
    }
  }

  @Example
  void aKeyThatPausesGetsASecondsWorthAgain() {
    Rate rate = new Rate(5, 10, now::get);
    for (int round = 0; round < 3; round++) {
      for (int i = 0; i < 5; i++) {
        assertThat(rate.take("a")).isTrue();
      }
      assertThat(rate.take("a")).isFalse();
      assertThat(rate.take("b" + round)).isTrue();
      now.addAndGet(TimeUnit.SECONDS.toNanos(1));
    }
  }

  @Example
  void whatIsSpentBeyondTheRateIsWaitedFor() {
    Rate rate = new Rate(1_000, 10, now::get);
    assertThat(rate.waitMs("a")).isZero();
    rate.spend("a", 1_000);
    assertThat(rate.waitMs("a")).isZero();
    rate.spend("a", 3_000);
    assertThat(rate.waitMs("a")).isBetween(3_000L, 3_001L);
    now.addAndGet(TimeUnit.SECONDS.toNanos(2));
    assertThat(rate.waitMs("a")).isBetween(1_000L, 1_001L);
  }

  @Example
  void withoutALimitNothingIsRemembered() {
    Rate rate = new Rate(0, 10, now::get);
    for (int i = 0; i < 1_000; i++) {
      assertThat(rate.take("a")).isTrue();
      rate.spend("a", 1_000_000);
    }
    assertThat(rate.waitMs("a")).isZero();
    assertThat(rate.keys()).isZero();
  }

  @Example
  void noMoreKeysAreRememberedThanThereMayBe() {
    Rate rate = new Rate(5, 100, now::get);
    for (int i = 0; i < 10_000; i++) {
      rate.take("key-" + i);
      assertThat(rate.keys()).isLessThanOrEqualTo(100);
    }
  }

  @Example
  void aLimitedKeyStaysLimitedHoweverManyOthersCome() {
    Rate rate = new Rate(5, 100, now::get);
    for (int i = 0; i < 5; i++) {
      assertThat(rate.take("a")).isTrue();
    }
    rate.spend("b", 50);
    int refused = 0;
    for (int i = 0; i < 10_000; i++) {
      refused += rate.take("key-" + i) ? 0 : 1;
    }
    assertThat(rate.take("a")).isFalse();
    assertThat(rate.waitMs("b")).isBetween(9_000L, 9_001L);
    // A hundred times as many keys as it keeps, all at once, and nearly none is held back.
    assertThat(refused).isLessThan(500);
  }

  @Example
  void aLongDebtOutlivesManySecondsWithoutUse() {
    Rate rate = new Rate(1_000, 10, now::get);
    rate.spend("a", 60_000);
    for (int second = 0; second < 30; second++) {
      now.addAndGet(TimeUnit.SECONDS.toNanos(1));
      rate.take("other-" + second);
    }
    assertThat(rate.waitMs("a")).isBetween(29_000L, 29_001L);
  }

  @Example
  void aKeyThatIsPaidOffIsForgotten() {
    Rate rate = new Rate(5, 100, now::get);
    rate.take("a");
    rate.spend("b", 50);
    now.addAndGet(TimeUnit.SECONDS.toNanos(3));
    assertThat(rate.keys()).isEqualTo(1);
    now.addAndGet(TimeUnit.SECONDS.toNanos(10));
    assertThat(rate.keys()).isZero();
  }
}
