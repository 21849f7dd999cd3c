package io.tailwater.ai;

import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * One stream of publications to one event-core, with one publication on its way at a time. Confined
 * to the thread that publishes; verdicts come on gRPC's threads.
 */
final class PublicationStream {
  private final Verdicts verdicts = new Verdicts();
  private long seq;

  PublicationStream(Channel eventCore) {
    EventCoreGrpc.newStub(eventCore).publish(verdicts);
  }

  /**
   * Sends a publication. Its verdict is {@code UNAVAILABLE} if the stream breaks; the stream is of
   * no use then.
   */
  CompletableFuture<PublishVerdict> send(PublishRequest publication) {
    CompletableFuture<PublishVerdict> verdict = verdicts.expect(++seq);
    if (!verdict.isDone()) {
      verdicts.call().onNext(publication.toBuilder().setSeq(seq).build());
    }
    return verdict;
  }

  /** Ends the stream; nothing may be on its way. */
  void end() {
    verdicts.call().onCompleted();
  }

  /** Gives the stream up, whatever is on its way. */
  void abandon() {
    verdicts.call().cancel("given up by the publisher", null);
  }

  /** Where verdicts come in. */
  private static final class Verdicts
      implements ClientResponseObserver<PublishRequest, PublishVerdict> {
    private @Nullable ClientCallStreamObserver<PublishRequest> call;
    private @Nullable Expected expected;
    private @Nullable String broken;

    @Override
    public void beforeStart(ClientCallStreamObserver<PublishRequest> call) {
      this.call = call;
    }

    ClientCallStreamObserver<PublishRequest> call() {
      if (call == null) {
        throw new IllegalStateException("gRPC did not start the call");
      }
      return call;
    }

    synchronized CompletableFuture<PublishVerdict> expect(long seq) {
      Expected next = new Expected(seq, new CompletableFuture<>());
      if (broken == null) {
        expected = next;
      } else {
        next.verdict.complete(unknown(seq, broken));
      }
      return next.verdict;
    }

    @Override
    public synchronized void onNext(PublishVerdict verdict) {
      if (expected != null && expected.seq == verdict.getSeq()) {
        expected.verdict.complete(verdict);
        expected = null;
      }
    }

    @Override
    public void onError(Throwable cause) {
      breakOff(String.valueOf(cause.getMessage()));
    }

    @Override
    public void onCompleted() {
      breakOff("event-core ended the stream");
    }

    private synchronized void breakOff(String why) {
      broken = why;
      if (expected != null) {
        expected.verdict.complete(unknown(expected.seq, why));
        expected = null;
      }
    }

    private static PublishVerdict unknown(long seq, String why) {
      return PublishVerdict.newBuilder()
          .setSeq(seq)
          .setOutcome(PublishVerdict.Outcome.UNAVAILABLE)
          .setMessage(why)
          .build();
    }

    private record Expected(long seq, CompletableFuture<PublishVerdict> verdict) {}
  }
}
