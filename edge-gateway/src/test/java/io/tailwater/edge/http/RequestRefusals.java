package io.tailwater.edge.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** What a request that cannot be served is answered with. */
public final class RequestRefusals {
  private RequestRefusals() {}

  /** Asserts that a client is told this code, in words that name no class. */
  public static void assertRefused(ErrorCode code, ThrowingCallable call) {
    assertThatExceptionOfType(RequestException.class)
        .isThrownBy(call)
        .satisfies(
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.text()).isNotBlank().doesNotContain("java.", "Exception");
            });
  }
}
