package io.tailwater.edge.socketio;

import io.tailwater.contract.RequestException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** What a socket waits for. Confined to its event loop. */
interface Waits {
  /** What is done with an outcome: one of the two is null. */
  @FunctionalInterface
  interface Outcome<T> {
    void with(@Nullable T result, @Nullable Throwable failure);
  }

  /** Goes on with the outcome on the event loop, and sends what was written then. */
  <T> void await(CompletableFuture<T> coming, Outcome<T> outcome);

  /** What a failure is to the client. */
  RequestException refusal(Throwable failure);
}
