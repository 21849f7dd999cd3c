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
import java.util.function.BooleanSupplier;
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

  /**
   * Publishes; the verdict comes once, on any thread, within the publish timeout.
   *
   * @param abandoned whether the event must not be sent any more, since one before it failed
   * @param verdict takes the verdict, without its {@code seq}
   */
  public void publish(
      PublishRequest request, BooleanSupplier abandoned, Consumer<PublishVerdict.Builder> verdict) {
    long begun = nanoClock.getAsLong();
    int bytes = request.getData().size() + RECORD_OVERHEAD_BYTES;
    boolean full = inFlight.addAndGet(bytes) > limits.bytes();
    Consumer<PublishVerdict.Builder> settled =
        found -> {
          inFlight.addAndGet(-bytes);
          metrics.settled(found.getOutcome(), nanoClock.getAsLong() - begun);
          verdict.accept(found);
        };
    try {
      readiness.require();
      CheckedRequest checked = CheckedRequest.of(request, folds);
      room.require(checked);
      long deadline = begun + limits.timeout().toNanos();
      if (full || !appender.offer(new Publication(checked, deadline, abandoned, settled))) {
        throw Readiness.unavailable("this instance is at its limit of publications; try again");
      }
    } catch (RequestException e) {
      settled.accept(Verdicts.of(e));
    } catch (StoreException e) {
      settled.accept(Verdicts.unavailable("this instance is stopping"));
    }
  }

  /**
   * Owned by one thread after the other: the appender's, the producer's, and the one that the
   * passage wakes it on. Each hands it on safely.
   */
  private final class Publication implements Appender.Entry, Passage.Waiter {
    private final CheckedRequest checked;
    private final long deadline;
    private final BooleanSupplier abandoned;
    private final Consumer<PublishVerdict.Builder> settled;
    private @Nullable Head before;
    private long offset;

    Publication(
        CheckedRequest checked,
        long deadline,
        BooleanSupplier abandoned,
        Consumer<PublishVerdict.Builder> settled) {
      this.checked = checked;
      this.deadline = deadline;
      this.abandoned = abandoned;
      this.settled = settled;
    }

    @Override
    public ProducerRecord<byte[], byte[]> record() {
      return checked.record();
    }

    @Override
    public long deadline() {
      return deadline;
    }

    @Override
    public boolean isAbandoned() {
      return abandoned.getAsBoolean();
    }

    @Override
    public void sending() {
      before = checked.fold().head();
    }

    @Override
    public void appended(long at) {
      offset = at;
      if (at <= requireNonNull(before).through()) {
        // The fold had passed this offset before the record was sent: it is not the same log.
        suspicion.accept(checked.namespace());
        settled.accept(Verdicts.unavailable("the topic was recreated"));
      } else {
        checked.fold().passage().await(at, deadline, this);
      }
    }

    @Override
    public void failed(RequestException why) {
      settled.accept(Verdicts.of(why));
    }

    @Override
    public void passed() {
      settled.accept(judged());
    }

    @Override
    public void late() {
      settled.accept(Verdicts.unavailable(Readiness.BEHIND));
    }

    private PublishVerdict.Builder judged() {
      try {
        PublishVerdict.Builder found = judgement.of(checked, requireNonNull(before), offset);
        if (found != null) {
          return found;
        }
        suspicion.accept(checked.namespace());
        return Verdicts.unavailable("the topic was recreated, or the event has already expired");
      } catch (StoreException e) {
        return Verdicts.unavailable("this instance is stopping");
      } catch (RuntimeException e) {
        LOG.error("reading the verdict of {} failed", checked.request().getChannel(), e);
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
