package io.tailwater.edge.hop;

import java.util.concurrent.CompletableFuture;

/** Serves what other gateways pass on. Called on a thread of Redis, which it must not keep. */
public interface Host {
  /** Answers a request; one that takes long may wait for {@link #gone}. */
  CompletableFuture<Answer> serve(Passed request);

  /** The answer to this request has not reached its client, and never will. */
  void gone(Passed request);

  /** A request without a session of this gateway, or with one that has ended. */
  Answer unknown();
}
