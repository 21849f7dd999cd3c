package io.tailwater.contract;

import static io.tailwater.contract.Refusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.StringLength;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ChannelTest {
  @Property
  void aValidNameReadsBackAsItself(
      @ForAll("namespaces") String namespace, @ForAll("keys") String key) {
    Channel channel = new Channel(namespace, key);
    assertThat(Channel.parse(channel.toString())).isEqualTo(channel);
    assertThat(channel.keyBytes()).isEqualTo(key.getBytes(StandardCharsets.UTF_8));
    assertThat(Channel.isKey(key)).isTrue();
    assertThat(Channel.isNamespace(namespace)).isTrue();
  }

  @Property
  void anyTextIsAChannelOrRefusedAsOne(@ForAll @StringLength(max = 300) String text) {
    try {
      assertThat(Channel.parse(text)).hasToString(text);
    } catch (RequestException refusal) {
      assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse(text));
    }
  }

  @Property
  void aKeyWithAControlCharacterAnywhereIsRefused(
      @ForAll("keys") String key, @ForAll("controls") int control) {
    String bad = key.substring(0, key.offsetByCodePoints(0, 1)) + Character.toString(control);
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse("chat:" + bad));
  }

  @Example
  void theFirstColonEndsTheNamespace() {
    assertThat(Channel.parse("chat:a:b:")).isEqualTo(new Channel("chat", "a:b:"));
    assertThat(Channel.parse("chat::")).isEqualTo(new Channel("chat", ":"));
  }

  @Example
  void aKeyHasAtMost255BytesOfUtf8() {
    assertThat(Channel.isKey("k".repeat(255))).isTrue();
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> new Channel("chat", "k".repeat(256)));
    assertThat(Channel.isKey("é".repeat(127) + "k")).isTrue();
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> new Channel("chat", "é".repeat(128)));
    assertThat(Channel.isKey("魚".repeat(85))).isTrue();
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> new Channel("chat", "魚".repeat(86)));
    assertThat(Channel.isKey("🐟".repeat(63) + "abc")).isTrue();
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> new Channel("chat", "🐟".repeat(64)));
  }

  @Property
  void aKeyThatEndsInAStarIsRefusedWithTheReasonThoughARecordMayHaveIt(
      @ForAll("keys") String before) {
    String key = before.substring(0, before.offsetByCodePoints(0, 1)) + "*";
    assertThat(Channel.isKey(key)).isTrue();
    assertThatThrownBy(() -> Channel.parse("chat:" + key))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(ErrorCode.INVALID_CHANNEL);
              assertThat(refusal.text()).contains("ends in '*'");
            });
    assertThat(Channel.parse("chat:" + key + "!").key()).isEqualTo(key + "!");
  }

  @Example
  void aNamespaceHasAtMost32Characters() {
    assertThat(Channel.parse("n".repeat(32) + ":k").namespace()).hasSize(32);
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse("n".repeat(33) + ":k"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "chat",
        "chat:",
        ":lobby",
        "Chat:lobby",
        "1chat:lobby",
        "-chat:lobby",
        "ch_at:lobby",
        "chät:lobby",
        " chat:lobby",
        "chat :lobby",
        "chat:a\nb",
        "chat:\u0000",
        "chat:\u007f",
        "chat:\u0085",
        "chat:\ud800",
        "chat:\udc00x",
        "chat\n:lobby",
        "🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟🐟x🐟🐟🐟:k"
      })
  void everyMalformedChannelIsInvalidChannel(String text) {
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse(text));
  }

  @Test
  void aMessageDoesNotCutACharacterInTwo() {
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse("x" + "🐟".repeat(40)));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> Channel.parse("\ud800"));
  }

  @Provide
  Arbitrary<String> namespaces() {
    return Combinators.combine(
            Arbitraries.chars().range('a', 'z'),
            Arbitraries.strings().withCharRange('a', 'z').numeric().withChars('-').ofMaxLength(31))
        .as((first, rest) -> first + rest);
  }

  @Provide
  Arbitrary<String> keys() {
    return Arbitraries.oneOf(
            Arbitraries.strings().ascii(),
            Arbitraries.strings().withChars("é魚\u202e\u2028%&=/?#*$ :.-"),
            Arbitraries.of("🐟", "a🐟b", "a/b"))
        .map(key -> key.replaceAll("\\p{Cntrl}", "-"))
        .filter(key -> !key.isEmpty() && key.getBytes(StandardCharsets.UTF_8).length <= 255)
        .filter(key -> !key.endsWith("*"));
  }

  @Provide
  Arbitrary<Integer> controls() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(0, 0x1f), Arbitraries.integers().between(0x7f, 0x9f));
  }
}
