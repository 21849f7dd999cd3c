package io.tailwater.core.publish;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.StoreException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for any thread: the only way into the log. {@link CheckedRequest} checks a request, the
 * {@link Appender} appends it to its home partition, and {@link Judgement} reads its verdict once
 * the fold has passed it. What one thread publishes to a channel is appended in that order.
 */
public final class Publisher implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
  private static final int RECORD_OVERHEAD_BYTES = 512;

  /**
   * What bounds publications.
   *
   * @param timeout after which a publication without a verdict is {@code UNAVAILABLE}
   * @param bytes of all publications without a verdict, roughly
   */
  public record Limits(Duration timeout, long bytes) {}

  private final Folds folds;
  private final Readiness readiness;
  private final Consumer<Folds.Of> suspicion;
  private final Limits limits;
  private final LongSupplier nanoClock;
  private final Appender appender;
  private final Judgement judgement;
  private final EntryRoom room;
  private final PublishMetrics metrics;
  private final AtomicLong inFlight = new AtomicLong();

  /**
   * Opens the first producer.
   *
   * @param producers opens a producer
   * @param suspicion takes a namespace whose topic may have been recreated
   */
  public Publisher(
      Supplier<Producer<byte[], byte[]>> producers,
      Folds folds,
      Store store,
      Readiness readiness,
      Consumer<Folds.Of> suspicion,
      Limits limits,
      LongSupplier nanoClock,
      MeterRegistry registry) {
    this.folds = folds;
    this.readiness = readiness;
    this.suspicion = suspicion;
    this.limits = limits;
    this.nanoClock = nanoClock;
    appender = new Appender(producers, nanoClock);
    judgement = new Judgement(store);
    room = new EntryRoom(store);
    metrics = new PublishMetrics(registry);
    registry.gauge("tailwater.core.publish.bytes", inFlight);
    registry.gauge("tailwater.core.publish.queue", appender, Appender::queued);
  }

  /** Takes the verdict of one publication; any thread. */
  interface Receiver {
    /** Whether the event must not be sent any more, since one before it failed. */
    boolean isAbandoned();

    /** The verdict, without its {@code seq}; once, within the publish timeout. */
    void settle(PublishVerdict.Builder verdict);

    /** All verdicts that were there at the same time are settled, and may leave together. */
    void flush();
  }

  /**
   * Publishes; the verdict comes on any thread. If it comes before this returns, flushing is the
   * caller's.
   */
  void publish(PublishRequest request, Receiver receiver) {
    Publication publication = new Publication(request, nanoClock.getAsLong(), receiver);
    boolean full = inFlight.addAndGet(publication.bytes) > limits.bytes();
    try {
      readiness.require();
      CheckedRequest checked = CheckedRequest.of(request, folds);
      room.require(checked);
      publication.checked = checked;
      if (full || !appender.offer(publication)) {
        throw Readiness.unavailable("this instance is at its limit of publications; try again");
      }
    } catch (RequestException e) {
      publication.settle(Verdicts.of(e));
    } catch (StoreException e) {
      publication.settle(Verdicts.unavailable("this instance is stopping"));
    }
  }

  /**
   * Owned by one thread after the other: the appender's, the producer's, and the one that the
   * passage wakes it on. Each hands it on safely.
   */
  private final class Publication implements Appender.Entry, Passage.Waiter {
    private final int bytes;
    private final long begun;
    private final Receiver receiver;
    private @Nullable CheckedRequest checked;
    private @Nullable Head before;
    private long offset;

    Publication(PublishRequest request, long begun, Receiver receiver) {
      this.bytes = request.getData().size() + RECORD_OVERHEAD_BYTES;
      this.begun = begun;
      this.receiver = receiver;
    }

    private CheckedRequest checked() {
      return requireNonNull(checked);
    }

    private void settle(PublishVerdict.Builder verdict) {
      inFlight.addAndGet(-bytes);
      metrics.settled(verdict.getOutcome(), nanoClock.getAsLong() - begun);
      receiver.settle(verdict);
    }

    @Override
    public ProducerRecord<byte[], byte[]> record() {
      return checked().record();
    }

    @Override
    public long deadline() {
      return begun + limits.timeout().toNanos();
    }

    @Override
    public boolean isAbandoned() {
      return receiver.isAbandoned();
    }

    @Override
    public void sending() {
      before = checked().fold().head();
    }

    @Override
    public void appended(long at) {
      offset = at;
      if (at <= requireNonNull(before).through()) {
        // The fold had passed this offset before the record was sent: it is not the same log.
        suspicion.accept(checked().namespace());
        settle(Verdicts.unavailable("the topic was recreated"));
        receiver.flush();
      } else {
        checked().fold().passage().await(at, deadline(), this);
      }
    }

    @Override
    public void failed(RequestException why) {
      settle(Verdicts.of(why));
      receiver.flush();
    }

    @Override
    public void passed() {
      settle(judged());
    }

    @Override
    public void late() {
      settle(Verdicts.unavailable(Readiness.BEHIND));
    }

    @Override
    public void afterwards() {
      receiver.flush();
    }

    private PublishVerdict.Builder judged() {
      try {
        PublishVerdict.Builder found = judgement.of(checked(), requireNonNull(before), offset);
        if (found != null) {
          return found;
        }
        suspicion.accept(checked().namespace());
        return Verdicts.unavailable("the topic was recreated, or the event has already expired");
      } catch (StoreException e) {
        return Verdicts.unavailable("this instance is stopping");
      } catch (RuntimeException e) {
        LOG.error("reading the verdict of {} failed", checked().request().getChannel(), e);
        return Verdicts.unavailable("the verdict could not be read");
      }
    }
  }

  /** Leaves Kafka a short time to take what was accepted. */
  @Override
  public void close() {
    appender.close();
  }
}
