package io.tailwater.core.state;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Equality of elements, by RFC 8785. */
final class CanonicalTest {
  /** The examples of RFC 8785, Appendix B, and both sides of each bound. */
  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0, 0",
    "5e-324, 5e-324",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "9007199254740992, 9007199254740992",
    "295147905179352830000, 295147905179352830000",
    "9.999999999999997e22, 9.999999999999997e+22",
    "1e23, 1e+23",
    "1e21, 1e+21",
    "999999999999999900000, 999999999999999900000",
    "0.000001, 0.000001",
    "1e-7, 1e-7",
    "333333333.33333329, 333333333.3333333",
    "4.50, 4.5",
    "2e-3, 0.002",
    "1.0, 1",
    "1E+2, 100",
    "-12.5, -12.5",
  })
  void aNumberHasOneForm(String written, String form) {
    assertThat(elements("[" + written + "]")).containsExactly(form);
  }

  @Test
  void textsAndObjectsHaveOneForm() {
    assertThat(elements("[ {\"b\": [1.0, true , null], \"a\" :\"\\u20ac\\u000f\\n\\/\\\"\"} ]"))
        .containsExactly("{\"a\":\"€\\u000f\\n/\\\"\",\"b\":[1,true,null]}");
    assertThat(elements("[{\"\\uFB33\":1,\"\\uD83D\\uDE00\":2,\"\\r\":3,\"1\":4}]"))
        .containsExactly("{\"\\r\":3,\"1\":4,\"😀\":2,\"#\":1}".replace('#', (char) 0xFB33));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "1", "{}", "[1", "[1] 2", "[1e999]", "[{\"a\":1,\"a\":2}]", "[\"\\ud800\"]"})
  void whatHasNoFormIsRefused(String json) {
    assertThat(Canonical.elements(json.getBytes(StandardCharsets.UTF_8))).isNull();
  }

  private static List<String> elements(String json) {
    List<String> found = Canonical.elements(json.getBytes(StandardCharsets.UTF_8));
    assertThat(found).isNotNull();
    return found;
  }
}
