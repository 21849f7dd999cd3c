package io.tailwater.contract;

import static io.tailwater.contract.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.AlphaChars;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NumericChars;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PositionTest {
  @Property
  void aPositionReadsBackAsItself(
      @ForAll @AlphaChars @NumericChars @StringLength(min = 1, max = 16) String epoch,
      @ForAll @LongRange(min = -1, max = 999_999_999_999_999_999L) long offset) {
    Position position = new Position(new Epoch(epoch), offset);
    assertThat(Position.parse(position.toString())).isEqualTo(position);
    assertThat(position.toString()).matches("[A-Za-z0-9._~-]+");
  }

  @Property
  void anyTextIsThePositionThatIsWrittenSoOrRefused(@ForAll @StringLength(max = 40) String text) {
    try {
      assertThat(Position.parse(text)).hasToString(text);
    } catch (RequestException refusal) {
      assertRefused(ErrorCode.INVALID_POSITION, () -> Position.parse(text));
    }
  }

  @Example
  void beforeTheFirstOffsetItIsMinusOne() {
    assertThat(Position.parse("k3Zq--1")).isEqualTo(new Position(new Epoch("k3Zq"), -1));
    assertThat(new Position(new Epoch("k3Zq"), Position.BEFORE_FIRST)).hasToString("k3Zq--1");
    assertThatIllegalArgumentException().isThrownBy(() -> new Position(new Epoch("k3Zq"), -2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Position(new Epoch("k3Zq"), 1_000_000_000_000_000_000L));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "-",
        "-1",
        "--1",
        "k3Zq",
        "k3Zq-",
        "k3Zq--",
        "k3Zq--0",
        "k3Zq--2",
        "k3Zq--01",
        "k3Zq---1",
        "k3Zq-01",
        "k3Zq-00",
        "k3Zq-+1",
        "k3Zq-1 ",
        " k3Zq-1",
        "k3Zq-1\n",
        "k3Zq-1x",
        "k3Zq-1-1",
        "k3Zq-١",
        "k3.q-1",
        "k3_q-1",
        "é-1",
        "k3Zqk3Zqk3Zqk3Zqk-1",
        "k3Zq-1000000000000000000",
        "k3Zq-9223372036854775808",
        "m1.AAAA"
      })
  void everyMalformedPositionIsInvalidPosition(String text) {
    assertRefused(ErrorCode.INVALID_POSITION, () -> Position.parse(text));
  }
}
