package io.tailwater.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.context.ApplicationContext;
import io.tailwater.service.Sample.Room;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a service's configuration is refused for, and with which sentence. */
final class SettingsAuditTest {
  @Test
  void valuesOfEveryTypeAreTaken() {
    Map<String, Object> good = new HashMap<>();
    good.put("tailwater.core.count", "7");
    good.put("tailwater.core.bytes", 5_000_000_000L);
    good.put("tailwater.core.lagLimit", "1500ms");
    good.put("tailwater.core.open", "yes");
    good.put("tailwater.core.places", List.of("a", "b"));
    good.put("tailwater.core.word", "");
    good.put("tailwater.core.seed", -1);
    good.put("tailwater.namespaces.chat.max-age", "7d");
    good.put("tailwater.namespaces.chat.partitions", 3);
    good.put("tailwater.edge.anything", "of another service");
    good.put("micronaut.server.port", "-1");
    try (ApplicationContext context = Sample.PROGRAM.start(good)) {
      Sample.User user = context.getBean(Sample.User.class);
      assertThat(user.settings)
          .isEqualTo(
              new Sample.Settings(
                  7, 5_000_000_000L, Duration.ofMillis(1500), true, List.of("a", "b"), "", -1L));
      assertThat(user.rooms).containsExactly(new Room("chat", 3, Duration.ofDays(7)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tailwater.core.count | many | a whole number",
        "tailwater.core.count | 2.5 | a whole number",
        "tailwater.core.count | '' | a whole number",
        "tailwater.core.count | 5000000000 | a whole number",
        "tailwater.core.bytes | 1MB | a whole number",
        "tailwater.core.lag-limit | 1 day | a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "tailwater.core.lag-limit | 10 | a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "tailwater.core.lag-limit | 1h30m | a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "tailwater.core.lag-limit | 99999999999999999d | a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "tailwater.core.open | ture | true or false",
        "tailwater.core.open | TRUE | true or false",
        "tailwater.core.seed | x | a whole number",
        "tailwater.namespaces.chat.partitions | many | a whole number",
        "tailwater.namespaces.chat.max-age | 1 day | a duration, for instance 500ms, 10s, 5m, 12h or 7d",
        "micronaut.server.port | http | a port, 0 to 65535",
        "grpc.server.port | 70000 | a port, 0 to 65535",
      })
  void aValueThatCannotBeConvertedIsNamed(String key, String value, String accepted) {
    assertRefused(Map.of(key, value), key + " is \"" + value + "\"; accepted: " + accepted);
  }

  @Test
  void aNumberIsNotCutToItsType() {
    assertRefused(
        Map.of("tailwater.core.count", 2.5),
        "tailwater.core.count is \"2.5\"; accepted: a whole number");
    assertRefused(
        Map.of("tailwater.core.count", 5_000_000_000L),
        "tailwater.core.count is \"5000000000\"; accepted: a whole number");
  }

  @Test
  void aValueOutOfBoundsIsNamed() {
    assertRefused(
        Map.of("tailwater.core.count", 0), "tailwater.core.count is 0; accepted: 1 to 100");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "tailwater.core.cuont | did you mean tailwater.core.count?",
        "tailwater.core.lag-limits | did you mean tailwater.core.lag-limit?",
        "tailwater.core.anything | known are tailwater.core.bytes, tailwater.core.count, ",
        "tailwater.core.count.more | known are tailwater.core.bytes",
        "tailwater.cor.count | did you mean tailwater.core.count?",
        "tailwater.extra | known are tailwater.core.bytes, ",
        "tailwater.namespaces.chat.partition | did you mean tailwater.namespaces.chat.partitions?",
      })
  void anUnknownSettingIsNamedWithTheOneThatWasMeant(String key, String hint) {
    assertThatThrownBy(() -> Sample.PROGRAM.start(Map.of(key, "1")).close())
        .isInstanceOf(StartException.class)
        .hasMessageStartingWith("unknown setting " + key + "; " + hint);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tailwater.test.containers", "tailwater.home"})
  void systemPropertiesOfOtherProgramsAreLeftAlone(String name) {
    System.setProperty(name, "x");
    try {
      Sample.PROGRAM.start(Map.of()).close();
    } finally {
      System.clearProperty(name);
    }
  }

  private static void assertRefused(Map<String, Object> settings, String sentence) {
    assertThatThrownBy(() -> Sample.PROGRAM.start(settings).close())
        .isInstanceOf(StartException.class)
        .hasMessage(sentence);
  }
}
