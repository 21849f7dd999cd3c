package io.tailwater.contract;

import static io.tailwater.contract.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
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
import net.jqwik.api.constraints.Size;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PositionsTest {
  private static final Channel LOBBY = Channel.parse("chat:lobby");

  @Property
  void theyReadBackAsThemselvesInAnyOrder(
      @ForAll("positions") Map<Channel, Position> positions, @ForAll Random random) {
    Positions.Encoder encoder = new Positions.Encoder(positions.size());
    List<Map.Entry<Channel, Position>> shuffled = new ArrayList<>(positions.entrySet());
    Collections.shuffle(shuffled, random);
    shuffled.forEach(
        one ->
            encoder.add(
                Positions.hash(one.getKey()), one.getValue().epoch(), one.getValue().offset()));
    Positions read = Positions.parse(encoder.toString());
    assertThat(read).isEqualTo(Positions.of(positions)).hasSameHashCodeAs(Positions.of(positions));
    assertThat(Positions.parse(Positions.of(positions).toString())).isEqualTo(read);
    positions.forEach((channel, position) -> assertThat(read.get(channel)).isEqualTo(position));
  }

  @Property
  void theyNeedNoEscapingInAUrlAndAreToldFromOnePosition(
      @ForAll("positions") Map<Channel, Position> positions) {
    String text = Positions.of(positions).toString();
    assertThat(text).matches("m1\\.[A-Za-z0-9._~-]+");
    assertThat(Positions.isForSeveral(text)).isTrue();
    assertRefused(ErrorCode.INVALID_POSITION, () -> Position.parse(text));
    positions.values().forEach(one -> assertThat(Positions.isForSeveral(one.toString())).isFalse());
  }

  @Property
  void textThatWasCutIsRefusedUnlessItWasCutBetweenTwo(
      @ForAll("positions") Map<Channel, Position> positions, @ForAll Random random) {
    String text = Positions.of(positions).toString();
    String cut = text.substring(0, random.nextInt(text.length()));
    try {
      Positions some = Positions.parse(cut);
      positions.forEach((channel, position) -> assertThat(some.get(channel)).isIn(position, null));
    } catch (RequestException refusal) {
      assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(cut));
    }
  }

  @Property
  void anyTextIsPositionsOrRefused(@ForAll @StringLength(max = 80) String text) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse("m1.#" + text));
    try {
      Positions.parse("m1." + text);
    } catch (RequestException refusal) {
      assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_POSITION);
    }
  }

  @Example
  void aChannelThatTheyDoNotKnowHasNone() {
    Positions lobby = Positions.of(Map.of(LOBBY, Position.parse("k3Zq-7")));
    assertThat(lobby.get(Channel.parse("chat:other"))).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m1", "m1.", "m1.A", "m1.AA=A", "m1.====", "m2.AAAA", "k3Zq-1"})
  void malformedTextIsInvalidPosition(String text) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(text));
  }

  @Example
  void bytesThatSayNothingAreInvalidPosition() {
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("", 7)));
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("k3-q", 7)));
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("k".repeat(17), 7)));
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("k3Zq", -2)));
    assertRefused(
        ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("k3Zq", Long.MIN_VALUE)));
    assertRefused(
        ErrorCode.INVALID_POSITION, () -> Positions.parse(encoded("k3Zq", Long.MAX_VALUE)));
    assertThat(Positions.parse(encoded("k3Zq", -1)).get(LOBBY))
        .isEqualTo(Position.parse("k3Zq--1"));
  }

  @Example
  void aChannelThatIsNamedTwiceIsInvalidPosition() {
    Positions.Encoder twice =
        new Positions.Encoder(2)
            .add(Positions.hash(LOBBY), new Epoch("k3Zq"), 1)
            .add(Positions.hash(LOBBY), new Epoch("k3Zq"), 2);
    assertRefused(ErrorCode.INVALID_POSITION, () -> Positions.parse(twice.toString()));
  }

  private static String encoded(String epoch, long offset) {
    byte[] text = epoch.getBytes(StandardCharsets.US_ASCII);
    ByteBuffer bytes =
        ByteBuffer.allocate(Long.BYTES + 1 + text.length + Long.BYTES)
            .putLong(Positions.hash(LOBBY))
            .put((byte) text.length)
            .put(text)
            .putLong(offset);
    return "m1." + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  @Provide
  Arbitrary<@Size(min = 1) Map<Channel, Position>> positions() {
    Arbitrary<Channel> channels =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .ofMinLength(1)
            .ofMaxLength(12)
            .map(key -> new Channel("chat", key));
    Arbitrary<Position> positions =
        Combinators.combine(
                Arbitraries.strings().alpha().numeric().ofMinLength(1).ofMaxLength(16),
                Arbitraries.longs().between(-1, 999_999_999_999_999_999L))
            .as((epoch, offset) -> new Position(new Epoch(epoch), offset));
    return Arbitraries.maps(channels, positions).ofMinSize(1).ofMaxSize(32).map(LinkedHashMap::new);
  }
}
