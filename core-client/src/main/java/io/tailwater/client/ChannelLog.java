package io.tailwater.client;

import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPositionsPage;
import io.tailwater.contract.v1.ReadPositionsRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import java.util.concurrent.CompletableFuture;

/**
 * Reads the log. Nothing blocks. A call that fails for a passing reason ends with a {@code
 * RequestException} of {@code unavailable} and may be repeated.
 */
public interface ChannelLog {
  /** One page of one channel. */
  CompletableFuture<ReadPage> read(ReadRequest request);

  /**
   * One page of a channel's state. In a namespace without state it fails with {@code
   * invalid_request}.
   */
  CompletableFuture<StatePage> state(StateRequest request);

  /** The segments of a partition after an offset. */
  CompletableFuture<FollowPage> follow(FollowRequest request);

  /** How far an event-core has folded each partition. */
  CompletableFuture<HeadsPage> heads();

  /** How far a subject has read channels, and how much it has not. */
  CompletableFuture<ReadPositionsPage> readPositions(ReadPositionsRequest request);

  /** The namespaces and their rules. */
  CompletableFuture<NamespacesPage> namespaces();
}
