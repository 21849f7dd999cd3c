package io.tailwater.backend.method;

import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Caller;

/**
 * A call of a method. Immutable.
 *
 * @param caller who calls, as the gateway has checked it
 * @param key the caller's idempotency key; empty for none
 * @param arguments the data of the call
 */
public record Call(Caller caller, String key, String traceparent, Arguments arguments) {
  /**
   * Reads a call.
   *
   * @throws CallFailure if its data is not an object
   */
  public static Call of(CallRequest request) {
    return new Call(
        request.getCaller(),
        request.getKey(),
        request.getTraceparent(),
        Arguments.parse(request.getData(), request.getEncoding()));
  }
}
