package io.tailwater.client;

import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.util.concurrent.CompletableFuture;

/**
 * Reads the log. Nothing blocks. A call that fails for a passing reason ends with a {@code
 * RequestException} of {@code unavailable} and may be repeated.
 */
public interface ChannelLog {
  /** One page of one channel. */
  CompletableFuture<ReadPage> read(ReadRequest request);

  /** The segments of a partition after an offset. */
  CompletableFuture<FollowPage> follow(FollowRequest request);

  /** How far an event-core has folded each partition. */
  CompletableFuture<HeadsPage> heads();

  /** The namespaces and their rules. */
  CompletableFuture<NamespacesPage> namespaces();
}
