package io.tailwater.client;

import io.grpc.SynchronizationContext;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.micrometer.core.instrument.Timer;
import io.tailwater.client.Verdict.Refused;
import io.tailwater.client.Verdict.Unknown;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreStub;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdicts;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One publish stream to one event-core. Its gRPC call is owned by a {@link SynchronizationContext},
 * a queue that callers run one at a time, so requests leave in the order of the calls and no caller
 * waits for another. Any thread may call its methods.
 *
 * <p>A lane is retired once a verdict is unknown: the event-core then fails all later requests to
 * the same channel on this stream. Requests that it has sent still get their verdicts.
 */
public final class Lane implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Lane.class);

  private static final Unknown RETIRED = new Unknown("the stream was retired before it was sent");
  private static final Refused FULL =
      new Refused(ErrorCode.RATE_LIMITED, "too many events are waiting for the log; try again");

  /** Of requests, as event_core.proto bounds a {@code PublishBatch}. */
  private static final int MAX_BATCH = 100;

  /** Of requests, beyond which a batch takes no further one. */
  private static final int MAX_BATCH_BYTES = 256 << 10;

  /** How many times within its patience a lane looks for requests that waited too long. */
  private static final int LOOKS = 8;

  private final EventCoreStub stub;
  private final Executor later;
  private final Window window;
  private final Duration patience;
  private final PublishMetrics metrics;
  private final SynchronizationContext order =
      new SynchronizationContext((thread, failure) -> LOG.error("a publish stream", failure));

  /** In the order of the calls, until they are sent; bounded by the window. */
  private final Queue<Sent> queue = new ConcurrentLinkedQueue<>();

  /** By sequence number; bounded by the window. */
  private final Map<Long, Sent> pending = new ConcurrentHashMap<>();

  /** Whether an event-core failed to answer in time, so that waiting for the stream is no use. */
  private volatile boolean silent;

  private volatile boolean retired;

  /** Whether a write of the queue has been scheduled and has not begun. */
  private final AtomicBoolean sending = new AtomicBoolean();

  // Owned by `order`.
  private @Nullable ClientCallStreamObserver<PublishBatch> call;
  private long seq;
  private long looks;
  private boolean looking;

  /**
   * A lane without a stream yet.
   *
   * @param later runs the write of queued requests, so that those of one turn leave together
   */
  Lane(
      EventCoreStub stub,
      Executor later,
      Window window,
      Duration patience,
      PublishMetrics metrics) {
    this.stub = stub;
    this.later = later;
    this.window = window;
    this.patience = patience;
    this.metrics = metrics;
  }

  /** Whether it sends no more: later requests to it end {@link Unknown}. */
  public boolean retired() {
    return retired;
  }

  /**
   * Sends a request after all that this lane was given before. The verdict never fails and comes
   * within the publisher's patience, on any thread.
   */
  public CompletableFuture<Verdict> publish(PublishRequest request) {
    int size = request.getSerializedSize();
    if (!window.tryEnter(1, size)) {
      metrics.stop(metrics.start(), FULL, false);
      return CompletableFuture.completedFuture(FULL);
    }
    CompletableFuture<Verdict> verdict = queued(request, size);
    if (sending.compareAndSet(false, true)) {
      later.execute(() -> order.execute(this::write));
    }
    return verdict;
  }

  /** Sends these requests in order; refuses all of them if the window has no room for all. */
  List<CompletableFuture<Verdict>> publishAll(List<PublishRequest> requests) {
    long size = requests.stream().mapToLong(PublishRequest::getSerializedSize).sum();
    if (!window.tryEnter(requests.size(), size)) {
      return requests.stream()
          .map(
              request -> {
                metrics.stop(metrics.start(), FULL, false);
                return CompletableFuture.<Verdict>completedFuture(FULL);
              })
          .toList();
    }
    List<CompletableFuture<Verdict>> verdicts =
        requests.stream().map(request -> queued(request, request.getSerializedSize())).toList();
    order.execute(this::write);
    return verdicts;
  }

  private CompletableFuture<Verdict> queued(PublishRequest request, int size) {
    Sent sent = new Sent(request, size, metrics.start());
    // Before the caller learns the verdict, so that its next request finds room here.
    CompletableFuture<Verdict> verdict = sent.answer.thenApply(answer -> settle(sent, answer));
    queue.add(sent);
    return verdict;
  }

  /** Sends all that is queued, in batches. */
  private void write() {
    order.throwIfNotInThisSynchronizationContext();
    // Before the queue is read: a request that is added later schedules another write.
    sending.set(false);
    PublishBatch.Builder batch = PublishBatch.newBuilder();
    int bytes = 0;
    for (Sent sent = queue.poll(); sent != null; sent = queue.poll()) {
      if (!begin(sent)) {
        continue;
      }
      boolean full = batch.getRequestsCount() == MAX_BATCH;
      if (full || bytes > 0 && bytes + sent.size > MAX_BATCH_BYTES) {
        send(batch);
        bytes = 0;
      }
      batch.addRequests(sent.request.toBuilder().setSeq(sent.seq));
      bytes += sent.size;
    }
    if (batch.getRequestsCount() > 0) {
      send(batch);
    }
  }

  /** Gives it its number; false if it must not be sent. */
  private boolean begin(Sent sent) {
    order.throwIfNotInThisSynchronizationContext();
    sent.seq = ++seq;
    sent.look = looks;
    pending.put(sent.seq, sent);
    // In this order: whoever retires the lane looks at what is pending afterwards.
    if (retired || sent.answer.isDone()) {
      sent.answer.complete(RETIRED);
      pending.remove(sent.seq);
      return false;
    }
    return true;
  }

  private void send(PublishBatch.Builder batch) {
    order.throwIfNotInThisSynchronizationContext();
    if (call == null) {
      stub.publish(new Verdicts());
    }
    if (call != null) {
      call.onNext(batch.build());
    }
    batch.clear();
    if (!looking) {
      looking = true;
      lookLater();
    }
  }

  /** One timer for all requests, since one for each costs more than all else here. */
  private void lookLater() {
    CompletableFuture.delayedExecutor(patience.toNanos() / LOOKS, TimeUnit.NANOSECONDS)
        .execute(() -> order.execute(this::look));
  }

  private void look() {
    order.throwIfNotInThisSynchronizationContext();
    looks++;
    looking = !pending.isEmpty();
    if (!looking) {
      return;
    }
    for (Sent sent : pending.values()) {
      if (looks - sent.look > LOOKS) {
        silent = true;
        sent.late = true;
        sent.answer.complete(new Unknown("no verdict within " + patience));
      }
    }
    lookLater();
  }

  private Verdict settle(Sent sent, Verdict verdict) {
    if (verdict instanceof Unknown) {
      retired = true;
    }
    pending.remove(sent.seq);
    window.leave(1, sent.size);
    metrics.stop(sent.sample, verdict, sent.late);
    if (retired) {
      order.execute(this::endIfIdle);
    }
    return verdict;
  }

  /** Sends no more requests; the stream ends when the last verdict is here. */
  @Override
  public void close() {
    order.execute(
        () -> {
          write();
          retired = true;
          endIfIdle();
        });
  }

  private void endIfIdle() {
    order.throwIfNotInThisSynchronizationContext();
    ClientCallStreamObserver<PublishBatch> open = call;
    if (open == null || !pending.isEmpty()) {
      return;
    }
    call = null;
    if (silent) {
      open.cancel("no verdict in time", null);
    } else {
      open.onCompleted();
    }
  }

  /** A request on its way to its verdict. */
  private static final class Sent {
    final PublishRequest request;
    final int size;
    final Timer.Sample sample;
    final CompletableFuture<Verdict> answer = new CompletableFuture<>();
    volatile long seq;

    /** The lane's last look before it was sent. Owned by the lane's order. */
    long look;

    /** Whether its answer is that there was none in time; set before the answer. */
    boolean late;

    Sent(PublishRequest request, int size, Timer.Sample sample) {
      this.request = request;
      this.size = size;
      this.sample = sample;
    }
  }

  /** Receives verdicts, on gRPC's threads. */
  private final class Verdicts implements ClientResponseObserver<PublishBatch, PublishVerdicts> {
    @Override
    public void beforeStart(ClientCallStreamObserver<PublishBatch> stream) {
      order.throwIfNotInThisSynchronizationContext();
      // The window bounds verdicts; to request each costs a task of the connection's event loop.
      stream.disableAutoRequestWithInitial(Integer.MAX_VALUE);
      call = stream;
    }

    @Override
    public void onNext(PublishVerdicts verdicts) {
      for (PublishVerdict verdict : verdicts.getVerdictsList()) {
        Sent sent = pending.get(verdict.getSeq());
        if (sent != null) {
          sent.answer.complete(Verdict.of(verdict));
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      breakOff(String.valueOf(failure.getMessage()));
    }

    @Override
    public void onCompleted() {
      breakOff("the event-core ended the stream");
    }

    private void breakOff(String why) {
      retired = true;
      pending.values().forEach(sent -> sent.answer.complete(new Unknown(why)));
    }
  }
}
