package io.tailwater.edge.publish;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One publish stream to an event-core: publications go out in order, verdicts come back. Any
 * thread. Once a publication on it could not be judged it is retired, since the event-core fails
 * what follows on its channel too.
 */
final class Lane {
  private static final RequestException UNKNOWN =
      new RequestException(
          ErrorCode.UNAVAILABLE,
          "whether this was published is unknown: try again with the same Idempotency-Key");

  private final Map<Long, CompletableFuture<Verdict>> awaited = new HashMap<>();
  private final int limit;
  private @Nullable ClientCallStreamObserver<PublishRequest> call;
  private long seq;
  private boolean retired;

  /**
   * @param limit most publications without a verdict
   */
  Lane(EventCoreStub stub, int limit) {
    this.limit = limit;
    stub.publish(new Verdicts());
  }

  synchronized boolean retired() {
    return retired;
  }

  synchronized int waiting() {
    return awaited.size();
  }

  /** Sends a publication; fails with a {@link RequestException}. */
  synchronized CompletableFuture<Verdict> send(Publication publication) {
    ClientCallStreamObserver<PublishRequest> out = call;
    if (retired || out == null) {
      return CompletableFuture.failedFuture(UNKNOWN);
    }
    if (awaited.size() >= limit) {
      return CompletableFuture.failedFuture(
          new RequestException(
              ErrorCode.RATE_LIMITED, "too many publications wait for the log; try again"));
    }
    CompletableFuture<Verdict> verdict = new CompletableFuture<>();
    awaited.put(++seq, verdict);
    out.onNext(
        PublishRequest.newBuilder()
            .setSeq(seq)
            .setChannel(publication.channel().toString())
            .setType(publication.type())
            .setBy(publication.by())
            .setKey(publication.key())
            .setData(publication.data())
            .setClose(publication.close())
            .setContentType(publication.contentType())
            .setTraceparent(publication.traceparent())
            .build());
    return verdict;
  }

  /** Nothing more will be sent; what waits still gets its verdict. */
  synchronized void finish() {
    retired = true;
    if (call != null && awaited.isEmpty()) {
      call.onCompleted();
      call = null;
    }
  }

  private @Nullable CompletableFuture<Verdict> judged(PublishVerdict verdict) {
    synchronized (this) {
      CompletableFuture<Verdict> waiting = awaited.remove(verdict.getSeq());
      if (verdict.getOutcome() == PublishVerdict.Outcome.UNAVAILABLE || retired) {
        finish();
      }
      return waiting;
    }
  }

  private void broken() {
    List<CompletableFuture<Verdict>> unknown;
    synchronized (this) {
      retired = true;
      call = null;
      unknown = List.copyOf(awaited.values());
      awaited.clear();
    }
    unknown.forEach(waiting -> waiting.completeExceptionally(UNKNOWN));
  }

  private final class Verdicts implements ClientResponseObserver<PublishRequest, PublishVerdict> {
    @Override
    public void beforeStart(ClientCallStreamObserver<PublishRequest> stream) {
      call = stream;
    }

    @Override
    public void onNext(PublishVerdict verdict) {
      CompletableFuture<Verdict> waiting = judged(verdict);
      if (waiting == null) {
        return;
      }
      switch (verdict.getOutcome()) {
        case STORED -> waiting.complete(Verdict.of(verdict, false));
        case DUPLICATE -> waiting.complete(Verdict.of(verdict, true));
        case CLOSED ->
            waiting.completeExceptionally(
                new RequestException(
                    ErrorCode.CLOSED, "the channel is closed: nothing can be added to it"));
        case REFUSED ->
            waiting.completeExceptionally(
                new RequestException(ErrorCode.ofWire(verdict.getCode()), verdict.getMessage()));
        case UNAVAILABLE, OUTCOME_UNSPECIFIED, UNRECOGNIZED ->
            waiting.completeExceptionally(UNKNOWN);
      }
    }

    @Override
    public void onError(Throwable failure) {
      broken();
    }

    @Override
    public void onCompleted() {
      broken();
    }
  }
}
