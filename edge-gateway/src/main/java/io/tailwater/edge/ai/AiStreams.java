package io.tailwater.edge.ai;

import io.grpc.Channel;
import io.tailwater.client.UnaryCalls;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.contract.v1.AiStreamsGrpc.AiStreamsStub;
import io.tailwater.contract.v1.CancelStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.GetStreamRequest;
import io.tailwater.contract.v1.ListModelsRequest;
import io.tailwater.contract.v1.ListStreamsRequest;
import io.tailwater.contract.v1.ModelList;
import io.tailwater.contract.v1.StreamList;
import io.tailwater.contract.v1.StreamState;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** The ai-stream-services, over gRPC. Any thread. */
public final class AiStreams {
  /** Bytes of a request's body that begins an answer; pictures make it long. */
  public static final int MAX_BODY_BYTES = 8 << 20;

  /** A service waits 9 s for the log before it gives up. */
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  private final UnaryCalls<AiStreamsStub> calls;

  AiStreams(Channel services) {
    calls =
        new UnaryCalls<>(
            AiStreamsGrpc.newStub(services),
            "AI streams can't be reached right now; try again, with the same Idempotency-Key");
  }

  /** The models that requests may name. */
  public CompletableFuture<ModelList> models() {
    return calls.call(
        DEADLINE, (stub, answer) -> stub.models(ListModelsRequest.getDefaultInstance(), answer));
  }

  /** Starts or joins a stream. */
  public CompletableFuture<StreamState> create(CreateStreamRequest request) {
    return calls.call(DEADLINE, (stub, answer) -> stub.create(request, answer));
  }

  /** The state of a stream. */
  public CompletableFuture<StreamState> get(String id) {
    GetStreamRequest request = GetStreamRequest.newBuilder().setId(id).build();
    return calls.call(DEADLINE, (stub, answer) -> stub.get(request, answer));
  }

  /** Streams by their creation, the newest first. */
  CompletableFuture<StreamList> list(ListStreamsRequest request) {
    return calls.call(DEADLINE, (stub, answer) -> stub.list(request, answer));
  }

  /** Cancels a stream. */
  public CompletableFuture<StreamState> cancel(String id) {
    CancelStreamRequest request = CancelStreamRequest.newBuilder().setId(id).build();
    return calls.call(DEADLINE, (stub, answer) -> stub.cancel(request, answer));
  }
}
