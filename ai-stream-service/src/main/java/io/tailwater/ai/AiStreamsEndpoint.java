package io.tailwater.ai;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.ai.generation.CreatedStreams;
import io.tailwater.ai.generation.Models;
import io.tailwater.ai.generation.Streams;
import io.tailwater.ai.stream.StreamId;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.AiStreamsGrpc.AiStreamsImplBase;
import io.tailwater.contract.v1.CancelStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.GetStreamRequest;
import io.tailwater.contract.v1.ListModelsRequest;
import io.tailwater.contract.v1.ListStreamsRequest;
import io.tailwater.contract.v1.ModelList;
import io.tailwater.contract.v1.StreamList;
import io.tailwater.contract.v1.StreamState;
import jakarta.inject.Singleton;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves the streams over gRPC. Each call runs on a virtual thread of its own. */
@Singleton
final class AiStreamsEndpoint extends AiStreamsImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(AiStreamsEndpoint.class);

  private final Streams streams;
  private final CreatedStreams created;
  private final Models models;
  private final StreamRequest.Limits limits;

  AiStreamsEndpoint(Parts parts, AiConfiguration configuration) {
    this.streams = parts.streams();
    this.created = parts.created();
    this.models = parts.models();
    this.limits =
        new StreamRequest.Limits(configuration.maxTokens(), configuration.maxPromptChars());
  }

  @Override
  public void create(CreateStreamRequest request, StreamObserver<StreamState> answer) {
    answer(
        answer,
        () -> {
          StreamState state = streams.create(StreamRequest.of(request, limits));
          if (isGone(answer) && request.getIdempotencyKey().isEmpty()) {
            // No caller will ever know its id.
            streams.abandon(state);
          }
          return state;
        });
  }

  @Override
  public void get(GetStreamRequest request, StreamObserver<StreamState> answer) {
    answer(answer, () -> streams.state(id(request.getId())));
  }

  @Override
  public void list(ListStreamsRequest request, StreamObserver<StreamList> answer) {
    answer(answer, () -> created.page(request));
  }

  @Override
  public void models(ListModelsRequest request, StreamObserver<ModelList> answer) {
    answer(answer, models::list);
  }

  @Override
  public void cancel(CancelStreamRequest request, StreamObserver<StreamState> answer) {
    answer(answer, () -> streams.cancel(id(request.getId())));
  }

  private static boolean isGone(StreamObserver<StreamState> caller) {
    return caller instanceof ServerCallStreamObserver<StreamState> call && call.isCancelled();
  }

  private static StreamId id(String text) {
    return StreamId.parse(text)
        .orElseThrow(
            () ->
                new RequestException(
                    ErrorCode.NOT_FOUND, "unknown stream: an id is 22 letters and digits"));
  }

  private static <T> void answer(StreamObserver<T> observer, Call<T> call) {
    if (observer instanceof ServerCallStreamObserver<T> caller) {
      // Without a handler, answering a caller that is gone throws.
      caller.setOnCancelHandler(() -> {});
    }
    T result;
    try {
      result = call.run();
    } catch (RequestException e) {
      observer.onError(RefusedCall.of(e));
      return;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      observer.onError(
          Status.UNAVAILABLE
              .withDescription("this instance is stopping; try again")
              .asRuntimeException());
      return;
    } catch (RuntimeException e) {
      LOG.error("a call failed", e);
      observer.onError(
          Status.INTERNAL
              .withDescription("this should not have happened; it has been logged")
              .asRuntimeException());
      return;
    }
    observer.onNext(result);
    observer.onCompleted();
  }

  private interface Call<T> {
    T run() throws InterruptedException;
  }
}
