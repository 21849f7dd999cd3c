package io.tailwater.backend.method;

import java.util.concurrent.CompletableFuture;

/** A method that clients can call. Any thread; it does not block. */
@FunctionalInterface
public interface Method {
  /**
   * Carries out a call.
   *
   * @return the result as JSON; fails with {@link CallFailure} or {@code RequestException}
   * @throws CallFailure if the call is refused
   */
  CompletableFuture<String> run(Call call);
}
