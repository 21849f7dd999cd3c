package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class TextTest {
  @Test
  void theFirstHalfOfAPairWithoutTheOtherIsFound() {
    assertThat(Text.malformedAt("")).isEqualTo(-1);
    assertThat(Text.malformedAt("a\uD83D\uDE00b")).isEqualTo(-1);
    assertThat(Text.malformedAt("a\uD83D")).isEqualTo(1);
    assertThat(Text.malformedAt("ab\uDE00\uD83D")).isEqualTo(2);
    assertThat(Text.malformedAt("\uD83D\uD83D\uDE00")).isEqualTo(0);
    assertThat(Text.malformedAt("\uD83D\uDE00\uDE00")).isEqualTo(2);
  }

  @Test
  void theFirstBytesThatAreNotUtf8AreFound() {
    assertThat(Text.malformedAt(utf8("a€😀\uFEFF\u0000"))).isEqualTo(-1);
    assertThat(Text.malformedAt(bytes(0x61, 0xFF))).isEqualTo(1);
    assertThat(Text.malformedAt(bytes(0x61, 0xE2, 0x82))).isEqualTo(1);
    assertThat(Text.malformedAt(bytes(0xED, 0xA0, 0x80))).as("a surrogate").isEqualTo(0);
    assertThat(Text.malformedAt(bytes(0xC0, 0x80))).as("overlong").isEqualTo(0);
    byte[] late = new byte[10_000];
    late[9_999] = (byte) 0x80;
    assertThat(Text.malformedAt(late)).isEqualTo(9_999);
  }

  @Test
  void bothAgreeWithJavasOwnEncoderAndDecoder() {
    Random random = new Random(1);
    for (int round = 0; round < 20_000; round++) {
      char[] units = new char[random.nextInt(5)];
      for (int i = 0; i < units.length; i++) {
        units[i] =
            (char) (random.nextBoolean() ? 0xD7F0 + random.nextInt(0x820) : random.nextInt(300));
      }
      String text = new String(units);
      assertThat(Text.malformedAt(text) == -1)
          .isEqualTo(StandardCharsets.UTF_8.newEncoder().canEncode(text));
      byte[] bytes = new byte[random.nextInt(6)];
      random.nextBytes(bytes);
      String read = new String(bytes, StandardCharsets.UTF_8);
      assertThat(Text.malformedAt(bytes) == -1)
          .isEqualTo(java.util.Arrays.equals(bytes, utf8(read)));
    }
  }

  @Test
  void refusalsNameThePosition() {
    assertThatThrownBy(() -> Text.require("a key", "ab\uD800", ErrorCode.INVALID_REQUEST))
        .hasMessage(
            "a key is not well-formed Unicode: at character 2 is half of a surrogate pair, \\ud800");
    assertThatThrownBy(
            () -> Text.requireUtf8("the body", bytes(0x61, 0x80), ErrorCode.INVALID_REQUEST))
        .hasMessage("the body is to be UTF-8, and is not at byte 1");
    assertThatThrownBy(
            () ->
                Text.requireUtf8("the body", bytes(0xFF, 0xFE, 0x61, 0), ErrorCode.INVALID_REQUEST))
        .hasMessageContaining("UTF-16");
    assertThatThrownBy(
            () -> Text.requireNoByteOrderMark("the body", utf8("\uFEFF{}"), ErrorCode.INVALID_JSON))
        .hasMessageContaining("byte order mark");
  }

  @Test
  void aHeaderIsUtf8() {
    assertThat(Text.ofHeader("a key", "plain")).isEqualTo("plain");
    String latin1 = new String(utf8("grün 😀"), StandardCharsets.ISO_8859_1);
    assertThat(Text.ofHeader("a key", latin1)).isEqualTo("grün 😀");
    assertThatThrownBy(() -> Text.ofHeader("a key", "gr\u00FCn"))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining("not at byte 2");
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }
}
