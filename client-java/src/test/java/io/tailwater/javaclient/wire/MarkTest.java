package io.tailwater.javaclient.wire;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

final class MarkTest {
  @Property
  void ofOneEpochTheOffsetDecides(
      @ForAll @LongRange(min = -1, max = Long.MAX_VALUE / 100) long reader,
      @ForAll @LongRange(min = -1, max = Long.MAX_VALUE / 100) long at) {
    assertThat(Mark.of("k3Zq-" + reader).covers(Mark.of("k3Zq-" + at))).isEqualTo(at <= reader);
    assertThat(Mark.of("k3Zq-" + reader).covers(Mark.of("other-" + at))).isFalse();
  }

  @Test
  void thePositionBeforeTheFirstOffsetHasTwoHyphens() {
    assertThat(Mark.of("k3Zq--1").offset()).isEqualTo(-1);
    assertThat(Mark.before("k3Zq-0").text()).isEqualTo("k3Zq--1");
  }

  @Test
  void positionsOfSeveralAreOpaque() {
    for (String text : new String[] {"m1.AAAA", "p1.AQRrM1pxBA", "", "k3Zq-99999999999999999999"}) {
      assertThat(Mark.of(text).isOpaque()).as(text).isTrue();
      assertThat(Mark.of(text).position()).isEqualTo(text);
    }
  }

  @Test
  void aWiderPositionIsHandedBackInItsPlace() {
    assertThat(Mark.of("k3Zq-7").within("m1.AAAA").position()).isEqualTo("m1.AAAA");
    assertThat(Mark.of("k3Zq-7").within("m1.AAAA").covers(Mark.of("k3Zq-7"))).isTrue();
  }
}
