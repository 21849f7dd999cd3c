package io.tailwater.core;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One stream of publications. Verdicts of one channel leave in the order of their publications, so
 * that after one that is {@code UNAVAILABLE} all others of that channel are too, whatever became of
 * them. Asks for more only as verdicts leave: neither side can pile up more than the window.
 *
 * <p>Guarded by its own lock; nothing is waited for while it is held.
 */
final class PublishStream implements StreamObserver<PublishRequest> {
  private static final int MOST_FAILED_CHANNELS = 1_000;

  private static final class Pending {
    final long seq;
    PublishVerdict.@Nullable Builder verdict;

    Pending(long seq) {
      this.seq = seq;
    }
  }

  /** The publications of one channel that have no verdict yet, oldest first. */
  private static final class Line {
    final ArrayDeque<Pending> pending = new ArrayDeque<>();

    /** One is {@code UNAVAILABLE}, told or not: those behind it need not be sent any more. */
    volatile boolean broken;

    /** It was told: those behind it are told the same. */
    boolean failed;
  }

  private final Publisher publisher;
  private final ServerCallStreamObserver<PublishVerdict> answers;
  private final Map<String, Line> lines = new HashMap<>();
  private int underWay;
  private int failedChannels;
  private int owed;
  private boolean halfClosed;
  private boolean ended;

  PublishStream(Publisher publisher, ServerCallStreamObserver<PublishVerdict> answers, int window) {
    this.publisher = publisher;
    this.answers = answers;
    answers.disableAutoRequest();
    answers.setOnReadyHandler(this::repay);
    answers.setOnCancelHandler(this::cancelled);
    answers.request(window);
  }

  @Override
  public void onNext(PublishRequest request) {
    Pending pending = new Pending(request.getSeq());
    Line line;
    synchronized (this) {
      if (ended) {
        return;
      }
      underWay++;
      line = lines.computeIfAbsent(request.getChannel(), channel -> new Line());
      if (line.failed) {
        answer(pending, afterFailure());
        return;
      }
      line.pending.add(pending);
    }
    publisher.publish(
        request,
        () -> line.broken,
        verdict -> settle(request.getChannel(), line, pending, verdict));
  }

  private synchronized void settle(
      String channel, Line line, Pending pending, PublishVerdict.Builder verdict) {
    if (ended || line.failed) {
      return;
    }
    pending.verdict = verdict;
    line.broken |= verdict.getOutcome() == Outcome.UNAVAILABLE;
    Pending first = line.pending.peekFirst();
    while (first != null && first.verdict != null) {
      line.pending.removeFirst();
      boolean failed = first.verdict.getOutcome() == Outcome.UNAVAILABLE;
      answer(first, first.verdict);
      if (failed) {
        fail(line);
        return;
      }
      first = line.pending.peekFirst();
    }
    if (line.pending.isEmpty()) {
      lines.remove(channel);
    }
  }

  private void fail(Line line) {
    line.failed = true;
    while (!line.pending.isEmpty()) {
      answer(line.pending.removeFirst(), afterFailure());
    }
    if (++failedChannels > MOST_FAILED_CHANNELS && !ended) {
      ended = true;
      answers.onError(
          Status.UNAVAILABLE.withDescription("too many channels failed").asRuntimeException());
    }
  }

  private static PublishVerdict.Builder afterFailure() {
    return Publisher.unavailable(
        "one before it on this stream and channel failed: open another stream and go on from there");
  }

  private void answer(Pending pending, PublishVerdict.Builder verdict) {
    underWay--;
    if (ended) {
      return;
    }
    answers.onNext(verdict.setSeq(pending.seq).build());
    if (halfClosed && underWay == 0) {
      ended = true;
      answers.onCompleted();
    } else if (answers.isReady()) {
      answers.request(1);
    } else {
      // A client that does not read its verdicts may not publish more.
      owed++;
    }
  }

  private synchronized void repay() {
    if (owed > 0 && !ended) {
      answers.request(owed);
      owed = 0;
    }
  }

  private synchronized void cancelled() {
    ended = true;
    lines.clear();
  }

  @Override
  public void onError(Throwable failure) {
    cancelled();
  }

  @Override
  public synchronized void onCompleted() {
    halfClosed = true;
    if (underWay == 0 && !ended) {
      ended = true;
      answers.onCompleted();
    }
  }
}
