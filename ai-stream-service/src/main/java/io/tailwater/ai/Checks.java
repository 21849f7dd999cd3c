package io.tailwater.ai;

import io.micronaut.context.exceptions.ConfigurationException;
import java.time.Duration;
import java.util.List;

/** Bounds of configured values; each failure names the key, the value and what is accepted. */
final class Checks {
  private Checks() {}

  static void between(String key, long value, long least, long most) {
    if (value < least || value > most) {
      throw wrong(key, value, least, most);
    }
  }

  static void between(String key, Duration value, Duration least, Duration most) {
    if (value.compareTo(least) < 0 || value.compareTo(most) > 0) {
      throw wrong(key, millis(value), millis(least), millis(most));
    }
  }

  static void atLeastOne(String key, List<String> values) {
    if (values.isEmpty() || values.stream().anyMatch(String::isBlank)) {
      throw new ConfigurationException(key + " needs at least one entry, and no empty one");
    }
  }

  private static String millis(Duration duration) {
    return duration.toMillis() + "ms";
  }

  private static ConfigurationException wrong(String key, Object value, Object least, Object most) {
    return new ConfigurationException(
        key + " is " + value + ", but has to be from " + least + " to " + most);
  }
}
