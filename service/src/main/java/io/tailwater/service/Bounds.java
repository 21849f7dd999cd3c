package io.tailwater.service;

import io.micronaut.context.exceptions.ConfigurationException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks the values of one configuration record in its constructor. Every refusal is one sentence
 * with the setting, its value and what is accepted.
 *
 * <p>Records check themselves, instead of carrying validation annotations, because several bounds
 * depend on another setting, most settings are durations, and a violation must name the setting and
 * not the Java component.
 *
 * @param prefix the record's place in the configuration, for instance {@code tailwater.core}
 */
public record Bounds(String prefix) {
  private static final int MAX_PORT = 65_535;

  /** Requires {@code min <= value <= max}. */
  public void between(String key, long value, long min, long max) {
    require(value >= min && value <= max, key, value, min + " to " + max);
  }

  /** Requires {@code value >= min}. */
  public void atLeast(String key, long value, long min) {
    require(value >= min, key, value, min + " or more");
  }

  /** Requires {@code min <= value <= max}. */
  public void between(String key, Duration value, Duration min, Duration max) {
    require(
        value.compareTo(min) >= 0 && value.compareTo(max) <= 0,
        key,
        DurationText.of(value),
        DurationText.of(min) + " to " + DurationText.of(max));
  }

  /** Requires one of a few words. */
  public void oneOf(String key, String value, String... words) {
    require(Arrays.asList(words).contains(value), key, quoted(value), String.join(", ", words));
  }

  /**
   * Requires at least one address, each {@code host:port}.
   *
   * @param whose what listens there, for instance {@code event-core}
   */
  public void addresses(String key, List<String> values, String whose) {
    require(
        !values.isEmpty() && values.stream().allMatch(Bounds::isAddress),
        key,
        quoted(String.join(",", values)),
        "host:port of each " + whose + ", at least one");
  }

  private static boolean isAddress(String text) {
    int colon = text.lastIndexOf(':');
    if (colon < 1 || !text.substring(colon + 1).matches("[0-9]{1,5}")) {
      return false;
    }
    int port = Integer.parseInt(text.substring(colon + 1));
    return port > 0 && port <= MAX_PORT && !text.substring(0, colon).isBlank();
  }

  /** Requires a text that is not blank. */
  public void notBlank(String key, String value, String accepted) {
    require(!value.isBlank(), key, quoted(value), accepted);
  }

  /**
   * Refuses a value unless it is good.
   *
   * @param value as it should appear in the sentence; never a secret
   * @param accepted what the setting accepts
   * @throws ConfigurationException if it is not good
   */
  public void require(boolean good, String key, Object value, String accepted) {
    if (!good) {
      throw new ConfigurationException(
          prefix + "." + key + " is " + value + "; accepted: " + accepted);
    }
  }

  /** A text as sentences show it. */
  public static String quoted(@Nullable Object value) {
    return "\"" + value + "\"";
  }
}
