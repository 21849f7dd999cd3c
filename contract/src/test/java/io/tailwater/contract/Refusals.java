package io.tailwater.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a malformed request is answered with. */
final class Refusals {
  private Refusals() {}

  /** Asserts that a client is told this code, in a message that it can read. */
  static void assertRefused(ErrorCode code, ThrowingCallable call) {
    assertThatExceptionOfType(RequestException.class)
        .isThrownBy(call)
        .satisfies(
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.text())
                  .isNotBlank()
                  .hasSizeLessThan(300)
                  .doesNotContain("java.", "Exception", "\n", "\r", "\0")
                  .doesNotContainPattern("[\\uD800-\\uDBFF](?![\\uDC00-\\uDFFF])");
              assertThat(refusal.getStackTrace()).isEmpty();
            });
  }
}
