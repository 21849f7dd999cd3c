package io.tailwater.client;

import io.grpc.Channel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPositionsPage;
import io.tailwater.contract.v1.ReadPositionsRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The log of the event-cores, over gRPC. Any thread. */
public final class RemoteLog implements ChannelLog {
  /** An event-core waits up to 2 s for its fold. Another one is tried after that. */
  private static final Duration READ_DEADLINE = Duration.ofSeconds(5);

  private static final Duration HEADS_DEADLINE = Duration.ofSeconds(2);

  private final UnaryCalls<EventCoreStub> calls;

  private RemoteLog(EventCoreStub stub) {
    calls = new UnaryCalls<>(stub, "the log cannot be read right now; try again");
  }

  /**
   * A log whose calls fail soon while no event-core can be reached.
   *
   * @param eventCores a channel to the service {@code EventCore}
   */
  public static RemoteLog failingFast(Channel eventCores) {
    return new RemoteLog(EventCoreGrpc.newStub(eventCores));
  }

  /**
   * A log whose calls wait, up to their deadline of 2 or 5 s, until an event-core can be reached.
   *
   * @param eventCores a channel to the service {@code EventCore}
   */
  public static RemoteLog waiting(Channel eventCores) {
    return new RemoteLog(EventCoreGrpc.newStub(eventCores).withWaitForReady());
  }

  @Override
  public CompletableFuture<ReadPage> read(ReadRequest request) {
    return calls.call(READ_DEADLINE, (stub, answer) -> stub.read(request, answer));
  }

  @Override
  public CompletableFuture<StatePage> state(StateRequest request) {
    return calls.call(READ_DEADLINE, (stub, answer) -> stub.state(request, answer));
  }

  @Override
  public CompletableFuture<FollowPage> follow(FollowRequest request) {
    return calls.call(
        READ_DEADLINE.plusMillis(request.getWaitMs()),
        (stub, answer) -> stub.follow(request, answer));
  }

  @Override
  public CompletableFuture<HeadsPage> heads() {
    return calls.call(
        HEADS_DEADLINE, (stub, answer) -> stub.heads(HeadsRequest.getDefaultInstance(), answer));
  }

  @Override
  public CompletableFuture<ReadPositionsPage> readPositions(ReadPositionsRequest request) {
    return calls.call(READ_DEADLINE, (stub, answer) -> stub.readPositions(request, answer));
  }

  @Override
  public CompletableFuture<NamespacesPage> namespaces() {
    return calls.call(
        HEADS_DEADLINE,
        (stub, answer) -> stub.namespaces(NamespacesRequest.getDefaultInstance(), answer));
  }
}
