package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HashSet;
import java.util.Set;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EpochTest {
  @Property
  void itHasSixLettersAndDigitsAndIsTheSameEachTime(
      @ForAll String topicId, @ForAll @IntRange(min = 1) int partitions) {
    Epoch epoch = Epoch.of(topicId, partitions);
    assertThat(epoch.text()).matches("[A-Za-z0-9]{6}");
    assertThat(Epoch.of(topicId, partitions)).isEqualTo(epoch);
  }

  @Property
  void aTopicThatWasMadeAgainOrRepartitionedHasAnother(
      @ForAll String topicId, @ForAll @IntRange(min = 1, max = 10_000) int partitions) {
    Epoch epoch = Epoch.of(topicId, partitions);
    assertThat(Epoch.of(topicId, partitions + 1)).isNotEqualTo(epoch);
    assertThat(Epoch.of(topicId + "x", partitions)).isNotEqualTo(epoch);
  }

  /** Clients hold positions over years: the text of a topic's epoch must never change. */
  @Example
  void itsTextStaysTheSameFromVersionToVersion() {
    assertThat(Epoch.of("AAAAAAAAAAAAAAAAAAAAAA", 1)).hasToString("2BzXbQ");
    assertThat(Epoch.of("Q1Z8bD9eTMiQ1Z8bD9eTMg", 12)).hasToString("1e6rAF");
  }

  @Example
  void itSpreads() {
    Set<Epoch> epochs = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      epochs.add(Epoch.of("topic-" + i, 4));
    }
    assertThat(epochs).hasSize(1_000);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a-b", "a b", "é", "a\n", "aaaaaaaaaaaaaaaaa"})
  void otherTextIsNoEpoch(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> new Epoch(text));
  }
}
