package io.tailwater.client;

import io.grpc.Status;
import io.grpc.stub.AbstractAsyncStub;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes calls with one answer each, as futures. Failures are {@link RequestException}s. Any thread.
 *
 * @param <S> the stub that gRPC generates for the service
 */
public final class UnaryCalls<S extends AbstractAsyncStub<S>> {
  private static final Logger LOG = LoggerFactory.getLogger(UnaryCalls.class);

  private final S stub;
  private final String unavailable;

  /**
   * @param unavailable the message for clients when the service cannot be reached or cannot answer
   *     now
   */
  public UnaryCalls(S stub, String unavailable) {
    this.stub = stub;
    this.unavailable = unavailable;
  }

  /**
   * Calls a method of the stub. The future ends with the answer or a {@link RequestException},
   * within the deadline, on any thread.
   */
  public <T> CompletableFuture<T> call(Duration deadline, BiConsumer<S, StreamObserver<T>> method) {
    CompletableFuture<T> answered = new CompletableFuture<>();
    method.accept(
        stub.withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS),
        new StreamObserver<>() {
          @Override
          public void onNext(T answer) {
            answered.complete(answer);
          }

          @Override
          public void onError(Throwable failure) {
            Status status = Status.fromThrowable(failure);
            if (status.getCode() == Status.Code.UNAUTHENTICATED) {
              LOG.warn("a service refuses our calls: {}", status.getDescription());
            } else {
              LOG.debug("a call failed", failure);
            }
            answered.completeExceptionally(RefusedCall.read(failure, unavailable));
          }

          @Override
          public void onCompleted() {
            if (!answered.isDone()) {
              onError(Status.INTERNAL.withDescription("no answer").asRuntimeException());
            }
          }
        });
    return answered;
  }
}
