package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.v1.DataKind;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventDataTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        " [1, -2.5e3, \"ü€😀\\n\\u00e9\", true, false, null, {\"a\": {}}] \n",
        "\"x\"",
        "0",
        "-0.0",
        "true",
        "12345678901234567890123456789.5"
      })
  void oneValueIsJson(String text) {
    assertThat(EventData.isJson(text.getBytes(StandardCharsets.UTF_8))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "{}{}",
        "1 2",
        "nul",
        "NaN",
        "+1",
        "01",
        "1.",
        ".5",
        "'a'",
        "{a:1}",
        "[1,]",
        "\"a\nb\"",
        "\"\\x\"",
        "{\"a\":1}x",
        "// c\n1",
        "\uFEFF{}",
        "tru e",
        "\"a",
        "[1 2]"
      })
  void anythingElseIsNot(String text) {
    assertThat(EventData.isJson(text.getBytes(StandardCharsets.UTF_8))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"UTF-16LE", "UTF-16BE", "UTF-16", "UTF-32LE", "UTF-32BE"})
  void otherEncodingsAreNot(String charset) {
    assertThat(EventData.isJson("{\"a\":1}".getBytes(Charset.forName(charset)))).isFalse();
    assertThat(EventData.isJson("1".getBytes(Charset.forName(charset)))).isFalse();
  }

  @Test
  void whatIsNoUtf8IsNot() {
    assertThat(EventData.isJson(new byte[] {'"', (byte) 0xc3, '"'})).isFalse();
    assertThat(EventData.isJson(new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'}))
        .isFalse();
    assertThat(EventData.kind(DataKind.TEXT, new byte[] {(byte) 0xc0, (byte) 0x80}))
        .isEqualTo(DataKind.BYTES);
  }

  @Test
  void nestingWithoutEndIsNot() {
    byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.UTF_8);
    assertThat(EventData.isJson(deep)).isFalse();
  }
}
