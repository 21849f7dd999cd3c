package io.tailwater.core.publish;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import io.tailwater.contract.v1.PublishVerdicts;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Guarded by its own lock, under which nothing waits: one stream of publications. Verdicts of a
 * channel leave in the order of their publications, and those that are there at the same time leave
 * together. After an {@code UNAVAILABLE} verdict all later ones of that channel are unavailable
 * too, whatever became of their events. The stream requests more batches only as verdicts leave, so
 * neither side holds more than the window and {@value #BATCHES} batches.
 */
public final class PublishStream implements StreamObserver<PublishBatch> {
  private static final int MAX_FAILED_CHANNELS = 1_000;

  /** Of requests, as event_core.proto bounds a {@code PublishBatch}. */
  private static final int MAX_BATCH = 100;

  /** Batches that may be on their way. */
  private static final int BATCHES = 16;

  /** To request more costs a task of the connection's event loop, so it is not done for each. */
  private static final int INSTALLMENT = BATCHES / 4;

  /** Verdicts of this many bytes leave without waiting for others; a conflict has an entry. */
  private static final int MAX_VERDICTS_BYTES = 256 << 10;

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
  private final ServerCallStreamObserver<PublishVerdicts> answers;
  private final int window;

  @GuardedBy("this")
  private final PublishVerdicts.Builder outgoing = PublishVerdicts.newBuilder();

  @GuardedBy("this")
  private int outgoingBytes;

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
   * @param window publications without a verdict, from which on no batch is requested
   */
  public PublishStream(
      Publisher publisher, ServerCallStreamObserver<PublishVerdicts> answers, int window) {
    this.publisher = publisher;
    this.answers = answers;
    this.window = window;
    answers.disableAutoRequest();
    answers.setOnReadyHandler(this::flush);
    answers.setOnCancelHandler(this::cancelled);
    answers.request(BATCHES);
  }

  @Override
  public void onNext(PublishBatch batch) {
    if (batch.getRequestsCount() > MAX_BATCH) {
      refuse(batch.getRequestsCount());
      return;
    }
    batch.getRequestsList().forEach(this::publish);
    synchronized (this) {
      owed++;
      flush();
    }
  }

  private synchronized void refuse(int requests) {
    if (!ended) {
      ended = true;
      answers.onError(
          Status.INVALID_ARGUMENT
              .withDescription(
                  "a batch has at most %d requests, and this one has %d"
                      .formatted(MAX_BATCH, requests))
              .asRuntimeException());
    }
  }

  private void publish(PublishRequest request) {
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
        new Publisher.Receiver() {
          @Override
          public boolean isAbandoned() {
            return line.broken;
          }

          @Override
          public void settle(PublishVerdict.Builder verdict) {
            PublishStream.this.settle(request.getChannel(), line, pending, verdict);
          }

          @Override
          public void flush() {
            PublishStream.this.flush();
          }
        });
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
      send();
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
    PublishVerdict whole = verdict.setSeq(pending.seq).build();
    outgoing.addVerdicts(whole);
    outgoingBytes += whole.getSerializedSize();
    if (outgoingBytes >= MAX_VERDICTS_BYTES) {
      send();
    }
  }

  @GuardedBy("this")
  private void send() {
    if (outgoing.getVerdictsCount() > 0) {
      answers.onNext(outgoing.build());
      outgoing.clear();
      outgoingBytes = 0;
    }
  }

  /** Lets verdicts leave, and requests more. A client that does not read them gets no more. */
  private synchronized void flush() {
    if (ended) {
      return;
    }
    send();
    if (halfClosed && inFlight == 0) {
      ended = true;
      answers.onCompleted();
    } else if (owed >= INSTALLMENT && inFlight < window && answers.isReady()) {
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
    flush();
  }
}
