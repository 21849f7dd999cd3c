package io.tailwater.core.publish;

import com.google.errorprone.annotations.concurrent.GuardedBy;
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
 * Guarded by its own lock, under which nothing waits: one stream of publications. Verdicts of a
 * channel leave in the order of their publications. After an {@code UNAVAILABLE} verdict all later
 * ones of that channel are unavailable too, whatever became of their events. The stream requests
 * more only as verdicts leave, so neither side holds more than the window.
 */
public final class PublishStream implements StreamObserver<PublishRequest> {
  private static final int MAX_FAILED_CHANNELS = 1_000;

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

    /** One is {@code UNAVAILABLE}, answered or not: later ones must not be sent. Any thread. */
    volatile boolean broken;

    /** The client has that verdict: later ones get the same. */
    boolean failed;
  }

  private final Publisher publisher;
  private final ServerCallStreamObserver<PublishVerdict> answers;

  @GuardedBy("this")
  private final Map<String, Line> lines = new HashMap<>();

  @GuardedBy("this")
  private int inFlight;

  @GuardedBy("this")
  private int failedChannels;

  @GuardedBy("this")
  private int owed;

  @GuardedBy("this")
  private boolean halfClosed;

  @GuardedBy("this")
  private boolean ended;

  /**
   * Opens the stream.
   *
   * @param window how many publications may be without a verdict
   */
  public PublishStream(
      Publisher publisher, ServerCallStreamObserver<PublishVerdict> answers, int window) {
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
      inFlight++;
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

  @GuardedBy("this")
  private void fail(Line line) {
    line.failed = true;
    while (!line.pending.isEmpty()) {
      answer(line.pending.removeFirst(), afterFailure());
    }
    if (++failedChannels > MAX_FAILED_CHANNELS && !ended) {
      ended = true;
      answers.onError(
          Status.UNAVAILABLE
              .withDescription(
                  "more than " + MAX_FAILED_CHANNELS + " channels failed on this stream")
              .asRuntimeException());
    }
  }

  private static PublishVerdict.Builder afterFailure() {
    return Verdicts.unavailable(
        "an earlier event of this channel failed on this stream: continue from it on a new stream");
  }

  @GuardedBy("this")
  private void answer(Pending pending, PublishVerdict.Builder verdict) {
    inFlight--;
    if (ended) {
      return;
    }
    answers.onNext(verdict.setSeq(pending.seq).build());
    if (halfClosed && inFlight == 0) {
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
    if (inFlight == 0 && !ended) {
      ended = true;
      answers.onCompleted();
    }
  }
}
