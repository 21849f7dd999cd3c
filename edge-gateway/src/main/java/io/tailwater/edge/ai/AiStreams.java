package io.tailwater.edge.ai;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.contract.v1.AiStreamsGrpc.AiStreamsStub;
import io.tailwater.contract.v1.CancelStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.GetStreamRequest;
import io.tailwater.contract.v1.StreamState;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/** The ai-stream-services, over gRPC. Failures are {@link RequestException}s. Any thread. */
final class AiStreams {
  /** A service waits 9 s for the log before it gives up. */
  private static final long DEADLINE_S = 10;

  private final AiStreamsStub stub;

  AiStreams(Channel services) {
    stub = AiStreamsGrpc.newStub(services);
  }

  CompletableFuture<StreamState> create(CreateStreamRequest request) {
    return call((stub, answer) -> stub.create(request, answer));
  }

  CompletableFuture<StreamState> get(String id) {
    GetStreamRequest request = GetStreamRequest.newBuilder().setId(id).build();
    return call((stub, answer) -> stub.get(request, answer));
  }

  CompletableFuture<StreamState> cancel(String id) {
    CancelStreamRequest request = CancelStreamRequest.newBuilder().setId(id).build();
    return call((stub, answer) -> stub.cancel(request, answer));
  }

  private CompletableFuture<StreamState> call(
      BiConsumer<AiStreamsStub, StreamObserver<StreamState>> method) {
    Answer answer = new Answer();
    method.accept(stub.withDeadlineAfter(DEADLINE_S, TimeUnit.SECONDS), answer);
    return answer.future;
  }

  private static final class Answer implements StreamObserver<StreamState> {
    private final CompletableFuture<StreamState> future = new CompletableFuture<>();

    @Override
    public void onNext(StreamState state) {
      future.complete(state);
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
    String said = status.getDescription() == null ? "" : status.getDescription();
    return switch (status.getCode()) {
      case INVALID_ARGUMENT -> new RequestException(ErrorCode.INVALID_REQUEST, said);
      case NOT_FOUND -> new RequestException(ErrorCode.NOT_FOUND, said);
      case RESOURCE_EXHAUSTED -> new RequestException(ErrorCode.RATE_LIMITED, said);
      case UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, ABORTED ->
          new RequestException(
              ErrorCode.UNAVAILABLE,
              "AI streams can't be reached right now; try again, with the same Idempotency-Key");
      default -> new RequestException(ErrorCode.INTERNAL, "the AI stream service failed");
    };
  }
}
