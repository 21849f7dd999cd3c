package io.tailwater.edge.backend;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A call on its way to the backend, for all clients that wait for its answer: those of one subject
 * that have sent the same method with the same key meanwhile. Any thread.
 */
final class Flight {
  private static final Runnable NOTHING = () -> {};

  /** Of a flight that nobody waits for. */
  private static final Runnable OVER = () -> {};

  private final CompletableFuture<CallOutcome> outcome = new CompletableFuture<>();
  private final AtomicInteger waiting = new AtomicInteger(1);
  private final AtomicReference<Runnable> cancel = new AtomicReference<>(NOTHING);

  /** The outcome, for all who wait. */
  CompletableFuture<CallOutcome> outcome() {
    return outcome;
  }

  /** Counts another client; returns whether the flight is still there. */
  boolean join() {
    return waiting.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
  }

  /** A client waits no more. The last one cancels the flight, unless it has its outcome. */
  void leave() {
    if (waiting.decrementAndGet() == 0 && !outcome.isDone()) {
      cancel.getAndSet(OVER).run();
      outcome.cancel(false);
    }
  }

  /** Sets how it is cancelled, once it was sent. */
  void cancelWith(Runnable how) {
    if (!cancel.compareAndSet(NOTHING, how)) {
      how.run();
    }
  }
}
