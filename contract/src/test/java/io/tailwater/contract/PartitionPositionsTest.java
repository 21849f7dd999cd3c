package io.tailwater.contract;

import static io.tailwater.contract.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PartitionPositionsTest {
  private static final ChannelPattern ORDERS = new ChannelPattern("orders", "");

  @Property
  void theyReadBackAsThemselvesAndNeedNoEscapingInAUrl(
      @ForAll("positions") List<Position> positions) {
    PartitionPositions written = PartitionPositions.of(positions);
    String text = written.toString();
    assertThat(text).matches("p1\\.[A-Za-z0-9._~-]+");
    assertThat(PartitionPositions.isForPattern(text)).isTrue();
    assertThat(Positions.isForSeveral(text)).isFalse();
    assertRefused(ErrorCode.INVALID_POSITION, () -> Position.parse(text));
    PartitionPositions read = PartitionPositions.parse(text);
    assertThat(read).isEqualTo(written).hasSameHashCodeAs(written);
    assertThat(read.partitions()).isEqualTo(positions.size());
    for (int i = 0; i < positions.size(); i++) {
      assertThat(read.get(i)).isEqualTo(positions.get(i));
    }
  }

  @Property
  void besideChannelsTheyArePartOfTheirPositions(@ForAll("positions") List<Position> positions) {
    PartitionPositions orders = PartitionPositions.of(positions);
    Channel lobby = Channel.parse("chat:lobby");
    Position seven = Position.parse("k3Zq-7");
    Positions both = Positions.of(Map.of(lobby, seven), Map.of(ORDERS, orders));
    Positions read = Positions.parse(both.toString());
    assertThat(read).isEqualTo(both);
    assertThat(read.get(lobby)).isEqualTo(seven);
    assertThat(read.get(ORDERS)).isEqualTo(orders);
    assertThat(read.get(new ChannelPattern("orders", "eu-"))).isNull();
    String encoded =
        new Positions.Encoder(0)
            .add(Positions.hash(ORDERS), orders)
            .add(Positions.hash(lobby), seven.epoch(), seven.offset())
            .toString();
    assertThat(Positions.parse(encoded)).isEqualTo(both);
  }

  @Property
  void aPositionOfOneEpochTakesAFewBytesForEachPartition(@ForAll Random random) {
    Epoch epoch = new Epoch("k3Zq9x");
    List<Position> positions =
        Collections.nCopies(64, new Position(epoch, random.nextInt(2_000_000)));
    assertThat(PartitionPositions.of(positions).toString()).hasSizeLessThan(64 * 4 + 20);
  }

  @Property
  void textThatWasCutIsRefused(
      @ForAll("positions") List<Position> positions, @ForAll Random random) {
    String text = PartitionPositions.of(positions).toString();
    String cut = text.substring(0, random.nextInt(text.length()));
    assertRefused(ErrorCode.INVALID_POSITION, () -> PartitionPositions.parse(cut));
  }

  @Property
  void anyTextIsPositionsOrRefused(@ForAll @StringLength(max = 80) String text) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> PartitionPositions.parse("p1.#" + text));
    try {
      PartitionPositions.parse("p1." + text);
    } catch (RequestException refusal) {
      assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_POSITION);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "", "p1", "p1.", "p1.A", "p1.AA", "p1.AAAA", "p1.====", "p2.AAAA", "k3Zq-1", "m1.A"
      })
  void malformedTextIsInvalidPosition(String text) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> PartitionPositions.parse(text));
  }

  @Example
  void aNameThatEndsInAStarIsAPatternAndAnyOtherAChannel() {
    assertThat(ScopeText.parse("orders:*")).isEqualTo(ORDERS).hasToString("orders:*");
    assertThat(ScopeText.parse("orders:eu-*"))
        .isEqualTo(new ChannelPattern("orders", "eu-"))
        .hasToString("orders:eu-*");
    assertThat(ScopeText.parse("orders:**")).isEqualTo(new ChannelPattern("orders", "*"));
    assertThat(ScopeText.parse("orders:a*b")).isEqualTo(new Channel("orders", "a*b"));
    assertThat(ORDERS.covers("orders", "x")).isTrue();
    assertThat(ORDERS.covers("chat", "x")).isFalse();
    for (String bad :
        List.of("*", "Orders:*", "orders*", ":*", "orders:\n*", "o:" + "k".repeat(256) + "*")) {
      assertRefused(ErrorCode.INVALID_CHANNEL, () -> ScopeText.parse(bad));
    }
  }

  @Provide
  Arbitrary<List<Position>> positions() {
    Arbitrary<String> epochs =
        Arbitraries.frequencyOf(
            net.jqwik.api.Tuple.of(9, Arbitraries.just("k3Zq9x")),
            net.jqwik.api.Tuple.of(
                1, Arbitraries.strings().alpha().numeric().ofMinLength(1).ofMaxLength(16)));
    Arbitrary<Long> offsets =
        Arbitraries.oneOf(
            Arbitraries.longs().between(-1, 300),
            Arbitraries.longs().between(-1, 999_999_999_999_999_999L));
    return Combinators.combine(epochs, offsets)
        .as((epoch, offset) -> new Position(new Epoch(epoch), offset))
        .list()
        .ofMinSize(1)
        .ofMaxSize(PartitionPositions.MAX_PARTITIONS);
  }
}
