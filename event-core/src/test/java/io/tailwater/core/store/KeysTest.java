package io.tailwater.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.ByteRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;

final class KeysTest {
  private final Keys keys = new Keys("demo", 1);

  @Property(tries = 300)
  void keysOfDifferentChannelsNeverMix(
      @ForAll @Size(min = 1, max = 4) @ByteRange(min = 0, max = 2) byte[] one,
      @ForAll @Size(min = 1, max = 4) @ByteRange(min = 0, max = 2) byte[] other,
      @ForAll @LongRange(min = 0) long offset) {
    Assume.that(!Arrays.equals(one, other));
    assertThat(Keys.startsWith(keys.event(one, offset), keys.events(other))).isFalse();
    assertThat(keys.closed(one)).isNotEqualTo(keys.closed(other));
    assertThat(keys.idempotency(one, other, one))
        .isNotEqualTo(keys.idempotency(other, one, one))
        .isNotEqualTo(keys.idempotency(one, new byte[0], concatenated(other, one)));
  }

  @Property(tries = 300)
  void keysOfAChannelSortByOffset(
      @ForAll @Size(min = 1, max = 4) byte[] channel,
      @ForAll @LongRange(min = 0) long one,
      @ForAll @LongRange(min = 0) long other) {
    assertThat(
            Integer.signum(
                Arrays.compareUnsigned(keys.event(channel, one), keys.event(channel, other))))
        .isEqualTo(Long.compare(one, other));
    assertThat(Keys.offset(keys.event(channel, one))).isEqualTo(one);
  }

  @Property(tries = 300)
  void aRangeEndsAfterAllThatBeginWithItAndBeforeTheNextPartition(
      @ForAll @Size(min = 1, max = 4) byte[] channel, @ForAll @LongRange(min = 0) long offset) {
    byte[] begin = keys.ranges().getFirst();
    byte[] end = Keys.after(begin);
    assertThat(Arrays.compareUnsigned(keys.event(channel, offset), end)).isNegative();
    byte[] next = new Keys("demo", 2).event(channel, offset);
    assertThat(Arrays.compareUnsigned(next, end)).isNotNegative();
    assertThat(Keys.startsWith(new Keys("demo2", 1).event(channel, offset), begin)).isFalse();
  }

  private static byte[] concatenated(byte[] one, byte[] other) {
    byte[] both = Arrays.copyOf(one, one.length + other.length);
    System.arraycopy(other, 0, both, one.length, other.length);
    return both;
  }
}
