package io.tailwater.ai.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

final class StreamIdTest {
  @Property
  void theIdOfACreatorsKeyIsAlwaysTheSameAndOfNoOtherPair(
      @ForAll String creator, @ForAll String key, @ForAll String other) {
    StreamId id = StreamId.derived(creator, key);
    assertThat(id).isEqualTo(StreamId.derived(creator, key));
    assertThat(StreamId.parse(id.text())).hasValue(id);
    if (!other.isEmpty()) {
      assertThat(id).isNotEqualTo(StreamId.derived(creator + other, key));
      assertThat(id).isNotEqualTo(StreamId.derived(creator, key + other));
      assertThat(StreamId.derived(creator + other, key))
          .isNotEqualTo(StreamId.derived(creator, other + key));
    }
  }

  @Test
  void randomIdsAre22LettersAndDigits() {
    Random random = new Random(1);
    assertThat(StreamId.random(random).text()).matches("[A-Za-z0-9]{22}");
    assertThat(StreamId.random(random)).isNotEqualTo(StreamId.random(random));
  }

  @Test
  void whatIsNoIdIsNone() {
    assertThat(StreamId.parse("")).isEmpty();
    assertThat(StreamId.parse("a".repeat(21))).isEmpty();
    assertThat(StreamId.parse("a".repeat(21) + ":")).isEmpty();
  }
}
