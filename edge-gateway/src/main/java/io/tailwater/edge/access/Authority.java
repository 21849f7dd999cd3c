package io.tailwater.edge.access;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Namespace;
import java.util.concurrent.CompletableFuture;

/**
 * Decides what a token cannot express, besides what it allows. Asked where the configuration says
 * so; elsewhere, and where an answer is known, the futures are complete. They fail with a {@code
 * RequestException}: {@code forbidden}, or {@code unavailable} if nobody can be asked. Any thread.
 */
public interface Authority {
  /** Whether a client may connect. */
  CompletableFuture<Void> connect(Identity identity);

  /** Whether a client may read. */
  CompletableFuture<Void> subscribe(Identity identity, Scope scope, Namespace namespace);

  /** Whether a client may publish. */
  CompletableFuture<Void> publish(Identity identity, Channel channel, Namespace namespace);

  /** Whether a client may call. */
  CompletableFuture<Void> call(Identity identity, String method);
}
