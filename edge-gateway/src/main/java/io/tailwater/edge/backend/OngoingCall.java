package io.tailwater.edge.backend;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A call of one client, until its outcome is known or the client leaves. Any thread. */
public final class OngoingCall {
  private final CompletableFuture<CallOutcome> outcome;

  private OngoingCall(CompletableFuture<CallOutcome> outcome) {
    this.outcome = outcome;
  }

  /** A call that is not sent. */
  static OngoingCall settled(CallOutcome outcome) {
    return new OngoingCall(CompletableFuture.completedFuture(outcome));
  }

  /**
   * Waits for the outcome of a flight that this client has joined.
   *
   * @param late the outcome if there is none within the time
   */
  static OngoingCall of(Flight flight, long timeoutMs, CallOutcome late) {
    CompletableFuture<CallOutcome> outcome = new CompletableFuture<>();
    outcome.completeOnTimeout(late, timeoutMs, TimeUnit.MILLISECONDS);
    outcome.whenComplete((known, gone) -> flight.leave());
    flight.outcome().thenAccept(outcome::complete);
    return new OngoingCall(outcome);
  }

  /** The outcome; it comes within the call's time, on any thread. Cancelled by {@link #hangUp}. */
  public CompletableFuture<CallOutcome> outcome() {
    return outcome;
  }

  /** The client has left. The backend is told if nobody else waits for the answer. */
  public void hangUp() {
    outcome.cancel(false);
  }
}
