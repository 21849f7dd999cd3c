package io.tailwater.core.fold;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.thread.Owner;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

final class RingTest {
  private static final int MUCH = 1 << 20;

  private static Segment segment(long from, long through, int bytes, long... offsets) {
    Segment.Builder segment = Segment.newBuilder().setFrom(from).setThrough(through);
    for (long offset : offsets) {
      segment.addEvents(
          Event.newBuilder().setOffset(offset).setData(ByteString.copyFrom(new byte[bytes])));
    }
    return segment.build();
  }

  @Test
  void aPositionInsideASegmentGetsItsRest() {
    Ring ring = new Ring(new Ring.Budget(MUCH, new Owner()), -1);
    ring.add(segment(-1, 5, 10, 0, 3, 5));
    ring.add(segment(5, 8, 10, 7));
    assertThat(ring.holds(-1)).isTrue();
    assertThat(ring.holds(-2)).isFalse();
    List<Segment> rest = ring.after(3, MUCH);
    assertThat(rest).containsExactly(segment(3, 5, 10, 5), segment(5, 8, 10, 7));
    assertThat(ring.after(8, MUCH)).isEmpty();
  }

  @Property
  void anOffsetHasItsEventAsLongAsItIsHeld(
      @ForAll @Size(max = 20) List<@Size(max = 9) Set<@IntRange(min = 1, max = 10) Integer>> cuts) {
    Ring ring = new Ring(new Ring.Budget(4_000, new Owner()), -1);
    Set<Long> stored = new HashSet<>();
    long from = -1;
    for (Set<Integer> offsets : cuts) {
      long begin = from;
      long[] sorted = offsets.stream().sorted().mapToLong(each -> begin + each).toArray();
      ring.add(segment(from, from + 10, 10, sorted));
      LongStream.of(sorted).forEach(stored::add);
      from += 10;
    }
    for (long offset = 0; offset <= from + 1; offset++) {
      Event found = ring.event(offset);
      if (!stored.contains(offset)) {
        assertThat(found).isNull();
      } else if (ring.holds(offset - 1)) {
        assertThat(found).isNotNull();
      }
      if (found != null) {
        assertThat(found.getOffset()).isEqualTo(offset);
      }
    }
  }

  @Test
  void anAnswerHasAtLeastOneSegmentHoweverLarge() {
    Ring ring = new Ring(new Ring.Budget(MUCH, new Owner()), -1);
    ring.add(segment(-1, 0, 5_000, 0));
    ring.add(segment(0, 1, 5_000, 1));
    assertThat(ring.after(-1, 10)).hasSize(1);
    assertThat(ring.after(-1, 10_100)).hasSize(2);
  }

  @Test
  void theOldestOfAllPartitionsGoesWhenTheBudgetIsUsedUp() {
    Ring.Budget budget = new Ring.Budget(10_000, new Owner());
    Ring quiet = new Ring(budget, -1);
    Ring busy = new Ring(budget, -1);
    quiet.add(segment(-1, 0, 3_000, 0));
    for (int i = 0; i < 5; i++) {
      busy.add(segment(i - 1, i, 3_000, i));
    }
    assertThat(budget.used()).isLessThanOrEqualTo(10_000);
    assertThat(quiet.holds(-1)).isFalse();
    assertThat(quiet.holds(0)).isTrue();
    assertThat(busy.holds(4)).isTrue();
    assertThat(busy.holds(-1)).isFalse();
    busy.restart(100);
    assertThat(budget.used()).isZero();
    assertThat(busy.holds(99)).isFalse();
    assertThat(busy.holds(100)).isTrue();
  }
}
