package io.tailwater.servers;

import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Whether tests are to run against containers. */
enum Wish {
  AUTO,
  NEVER,
  ALWAYS;

  static final String SWITCH = "tailwater.test.containers";
  static final String VARIABLE = "TAILWATER_TEST_CONTAINERS";

  /**
   * Reads the switch.
   *
   * @param property of the system, which wins; null if it is not set
   * @param variable of the environment; null if it is not set
   * @throws IllegalArgumentException if it is none of ours; says what is accepted
   */
  static Wish of(@Nullable String property, @Nullable String variable) {
    String said = property != null ? property : variable;
    if (said == null || said.isBlank()) {
      return AUTO;
    }
    return Stream.of(values())
        .filter(wish -> wish.name().toLowerCase(Locale.ROOT).equals(said))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    SWITCH + ": '" + said + "' is none of auto, never, always"));
  }
}
