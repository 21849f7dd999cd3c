package io.tailwater.edge;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The log of the event-cores, over gRPC. */
final class RemoteLog implements ChannelLog {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteLog.class);

  /** An event-core waits 2 s for its fold before it gives up; another one is tried after that. */
  private static final long READ_DEADLINE_MS = 5_000;

  private static final long HEADS_DEADLINE_MS = 2_000;

  private final EventCoreStub stub;

  RemoteLog(Channel channel) {
    stub = EventCoreGrpc.newStub(channel);
  }

  @Override
  public CompletableFuture<ReadPage> read(ReadRequest request) {
    return call(READ_DEADLINE_MS, (stub, answer) -> stub.read(request, answer));
  }

  @Override
  public CompletableFuture<FollowPage> follow(FollowRequest request) {
    return call(
        READ_DEADLINE_MS + request.getWaitMs(), (stub, answer) -> stub.follow(request, answer));
  }

  @Override
  public CompletableFuture<HeadsPage> heads() {
    return call(
        HEADS_DEADLINE_MS, (stub, answer) -> stub.heads(HeadsRequest.getDefaultInstance(), answer));
  }

  @Override
  public CompletableFuture<NamespacesPage> namespaces() {
    return call(
        HEADS_DEADLINE_MS,
        (stub, answer) -> stub.namespaces(NamespacesRequest.getDefaultInstance(), answer));
  }

  private <T> CompletableFuture<T> call(
      long deadlineMs, BiConsumer<EventCoreStub, StreamObserver<T>> method) {
    Answer<T> answer = new Answer<>();
    method.accept(stub.withDeadlineAfter(deadlineMs, TimeUnit.MILLISECONDS), answer);
    return answer.future;
  }

  private static final class Answer<T> implements StreamObserver<T> {
    private final CompletableFuture<T> future = new CompletableFuture<>();

    @Override
    public void onNext(T value) {
      future.complete(value);
    }

    @Override
    public void onError(Throwable failure) {
      future.completeExceptionally(refusal(Status.fromThrowable(failure)));
    }

    @Override
    public void onCompleted() {
      if (!future.isDone()) {
        onError(Status.INTERNAL.asRuntimeException());
      }
    }
  }

  private static RequestException refusal(Status status) {
    LOG.debug("an event-core answered {}", status);
    String said = status.getDescription() == null ? "" : status.getDescription();
    return switch (status.getCode()) {
      case NOT_FOUND -> new RequestException(ErrorCode.NOT_FOUND, said);
      case INVALID_ARGUMENT -> new RequestException(ErrorCode.INVALID_REQUEST, said);
      case UNAVAILABLE, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, CANCELLED, ABORTED ->
          new RequestException(
              ErrorCode.UNAVAILABLE, "the log cannot be read right now; try again");
      default -> new RequestException(ErrorCode.INTERNAL, "the log could not be read");
    };
  }
}
