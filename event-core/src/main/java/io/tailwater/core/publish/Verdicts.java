package io.tailwater.core.publish;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;

/** Stateless: writes outcomes of publications as messages, without their {@code seq}. */
final class Verdicts {
  private Verdicts() {}

  /** The outcome that the fold decided, with the offset of the event that it is about. */
  static PublishVerdict.Builder of(Outcome outcome, long offset) {
    return PublishVerdict.newBuilder().setOutcome(outcome).setOffset(offset);
  }

  /** A publication that was not served: {@code UNAVAILABLE} may be tried again, else refused. */
  static PublishVerdict.Builder of(RequestException failure) {
    if (failure.code() == ErrorCode.UNAVAILABLE) {
      return unavailable(failure.text());
    }
    return PublishVerdict.newBuilder()
        .setOutcome(Outcome.REFUSED)
        .setCode(failure.code().wire())
        .setMessage(failure.text());
  }

  /** Whether the event was published is unknown. */
  static PublishVerdict.Builder unavailable(String why) {
    return PublishVerdict.newBuilder()
        .setOutcome(Outcome.UNAVAILABLE)
        .setCode(ErrorCode.UNAVAILABLE.wire())
        .setMessage(why);
  }
}
