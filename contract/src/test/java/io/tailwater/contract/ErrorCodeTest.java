package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ErrorCodeTest {
  /** The table of docs/protocol.md, Errors; frozen within v1. */
  @Test
  void namesAndStatusesAreThoseOfTheContract() {
    String table =
        Arrays.stream(ErrorCode.values())
            .collect(
                Collectors.groupingBy(
                    ErrorCode::status,
                    TreeMap::new,
                    Collectors.mapping(ErrorCode::wire, Collectors.joining(" "))))
            .entrySet()
            .stream()
            .map(row -> row.getKey() + ": " + row.getValue())
            .collect(Collectors.joining("\n"));
    assertThat(table)
        .isEqualTo(
            """
            400: invalid_channel invalid_position invalid_type invalid_json invalid_request
            401: unauthorized token_expired token_revoked token_not_yet_valid
            403: forbidden origin_denied
            404: not_found model_not_found
            406: not_acceptable
            409: closed
            412: conflict
            413: too_large
            415: unsupported_media_type
            429: rate_limited quota_exceeded too_many_connections too_many_subscriptions
            500: internal
            503: unavailable overloaded
            504: timeout""");
  }

  @ParameterizedTest
  @EnumSource
  void itsNameReadsBack(ErrorCode code) {
    assertThat(ErrorCode.ofWire(code.wire())).isEqualTo(code);
  }

  @Test
  void onlyWhatPassesByItselfIsWorthTryingAgain() {
    assertThat(Arrays.stream(ErrorCode.values()).filter(ErrorCode::retry))
        .containsExactly(
            ErrorCode.TOKEN_NOT_YET_VALID,
            ErrorCode.RATE_LIMITED,
            ErrorCode.QUOTA_EXCEEDED,
            ErrorCode.TOO_MANY_CONNECTIONS,
            ErrorCode.INTERNAL,
            ErrorCode.UNAVAILABLE,
            ErrorCode.OVERLOADED,
            ErrorCode.TIMEOUT);
  }

  @Test
  void aCodeOfALaterVersionIsInternal() {
    assertThat(ErrorCode.ofWire("brand_new")).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.ofWire("")).isEqualTo(ErrorCode.INTERNAL);
    assertThat(ErrorCode.ofWire("CLOSED")).isEqualTo(ErrorCode.INTERNAL);
  }
}
