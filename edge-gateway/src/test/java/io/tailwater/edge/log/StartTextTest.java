package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tailwater.contract.RequestException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class StartTextTest {
  @ParameterizedTest
  @CsvSource({
    "1790000000000, 1790000000000",
    "0, 0",
    "5, 5",
    "99999999, 99999999",
    "100000000000, 100000000000",
    "0001790000000000, 1790000000000",
    "253402300799999, 253402300799999",
    "1970-01-01T00:00:00Z, 0",
    "2026-01-31T12:00:00Z, 1769860800000",
    "2026-01-31T12:00:00+01:00, 1769857200000",
    "2026-01-31T12:00:00 01:00, 1769857200000",
    "9999-12-31T23:59:59.999Z, 253402300799999",
  })
  void aTimeIsMillisecondsOrRfc3339(String text, long ms) {
    assertThat(StartText.from("time:" + text)).isEqualTo(new Start.Since(ms));
  }

  @ParameterizedTest
  @CsvSource({
    "1790000000, seconds",
    "100000000, seconds",
    "99999999999, seconds",
    "1790000000000000, microseconds",
    "1790000000000000000, microseconds",
    "253402300800000, year 9999",
    "99999999999999999999999999, year 9999",
    "-1, RFC 3339",
    "1e12, RFC 3339",
    "noon, RFC 3339",
    "'', RFC 3339",
    "1969-12-31T23:59:59Z, 1970",
    "0001-01-01T00:00:00Z, 1970",
    "-999999999-01-01T00:00:00Z, 1970",
    "+10000-01-01T00:00:00Z, 9999",
    "+999999999-12-31T23:59:59Z, 9999",
    "9999-12-31T23:59:59-18:00, 9999",
  })
  void anyOtherIsRefusedWithAHint(String text, String hint) {
    assertThatThrownBy(() -> StartText.from("time:" + text))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining(hint);
  }
}
