package io.tailwater.edge.log;

import io.grpc.Channel;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.NamespacesRequest;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The log of the event-cores, over gRPC. */
public final class RemoteLog implements ChannelLog {
  /** An event-core waits 2 s for its fold before it gives up; another one is tried after that. */
  private static final Duration READ_DEADLINE = Duration.ofSeconds(5);

  private static final Duration HEADS_DEADLINE = Duration.ofSeconds(2);

  private final UnaryCalls<EventCoreStub> calls;

  public RemoteLog(Channel channel) {
    calls =
        new UnaryCalls<>(
            EventCoreGrpc.newStub(channel), "the log cannot be read right now; try again");
  }

  @Override
  public CompletableFuture<ReadPage> read(ReadRequest request) {
    return calls.call(READ_DEADLINE, (stub, answer) -> stub.read(request, answer));
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
  public CompletableFuture<NamespacesPage> namespaces() {
    return calls.call(
        HEADS_DEADLINE,
        (stub, answer) -> stub.namespaces(NamespacesRequest.getDefaultInstance(), answer));
  }
}
