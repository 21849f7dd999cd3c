package io.tailwater.core;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventType;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdict.Outcome;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only way in: checks a publication, appends it to its home partition, and reads its verdict
 * from the store once the fold has passed it. Safe for any thread; what one thread publishes to a
 * channel is appended in that order.
 *
 * <p>One thread sends, since {@code send} may block, briefly, when Kafka does not answer.
 *
 * <p>When Kafka did not take a publication, none that was handed to the producer after it may still
 * be appended: its sender would then publish the failed one again, behind its successors. So the
 * producer is shut at the first failure, which fails all that it holds, and the next one is made
 * when the old one has ended.
 */
final class Publisher implements AutoCloseable {
  static final String THREAD = "core-publish";
  private static final Logger LOG = LoggerFactory.getLogger(Publisher.class);
  private static final Duration CLOSE = Duration.ofSeconds(2);

  /** For so long after a send that had to wait in vain, no other tries. */
  private static final long BLOCKED_NANOS = Duration.ofMillis(500).toNanos();

  private static final int MOST_QUEUED = 20_000;
  private static final int RECORD_OVERHEAD_BYTES = 512;

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final Folds folds;
  private final Store store;
  private final Readiness readiness;
  private final KafkaWatch watch;
  private final CoreConfiguration configuration;
  private final LongSupplier nanoClock;
  private final AtomicReference<@Nullable Producer<byte[], byte[]>> broken =
      new AtomicReference<>();
  private final AtomicLong underWay = new AtomicLong();
  private final Map<Outcome, Timer> timers = new EnumMap<>(Outcome.class);
  private final ThreadPoolExecutor sending =
      new ThreadPoolExecutor(
          1,
          1,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_QUEUED),
          Thread.ofPlatform().name(THREAD).daemon().factory());

  private volatile Producer<byte[], byte[]> producer;
  private boolean blocked;
  private long blockedAt;

  Publisher(
      Supplier<Producer<byte[], byte[]>> producers,
      Folds folds,
      Store store,
      Readiness readiness,
      KafkaWatch watch,
      CoreConfiguration configuration,
      LongSupplier nanoClock,
      MeterRegistry registry) {
    this.producers = producers;
    producer = producers.get();
    this.folds = folds;
    this.store = store;
    this.readiness = readiness;
    this.watch = watch;
    this.configuration = configuration;
    this.nanoClock = nanoClock;
    registry.gauge("tailwater.core.publish.bytes", underWay);
    registry.gauge("tailwater.core.publish.queue", sending.getQueue(), queue -> queue.size());
    for (Outcome outcome : Outcome.values()) {
      timers.put(outcome, timer(registry, outcome));
    }
  }

  private static Timer timer(MeterRegistry registry, Outcome outcome) {
    return Timer.builder("tailwater.core.publish")
        .description("from a publication to its verdict")
        .publishPercentileHistogram()
        .tag("outcome", outcome.name().toLowerCase(Locale.ROOT))
        .register(registry);
  }

  /**
   * Publishes; the verdict comes once, on any thread, within the publish timeout.
   *
   * @param abandoned whether it is not to be sent any more, since one before it failed
   * @param verdict takes it; without its {@code seq}
   */
  void publish(
      PublishRequest request, BooleanSupplier abandoned, Consumer<PublishVerdict.Builder> verdict) {
    long begun = nanoClock.getAsLong();
    int bytes = request.getData().size() + RECORD_OVERHEAD_BYTES;
    underWay.addAndGet(bytes);
    Consumer<PublishVerdict.Builder> settled =
        found -> {
          underWay.addAndGet(-bytes);
          requireNonNull(timers.get(found.getOutcome()))
              .record(nanoClock.getAsLong() - begun, TimeUnit.NANOSECONDS);
          verdict.accept(found);
        };
    try {
      readiness.require();
      Publication publication = accept(request, begun, abandoned, settled);
      if (underWay.get() > configuration.publishBytes()) {
        throw KafkaWatch.unavailable("too much is being published here");
      }
      sending.execute(() -> send(publication));
    } catch (RequestException e) {
      settled.accept(refusal(e));
    } catch (RejectedExecutionException e) {
      settled.accept(unavailable("too much is being published here"));
    }
  }

  private Publication accept(
      PublishRequest request,
      long begun,
      BooleanSupplier abandoned,
      Consumer<PublishVerdict.Builder> settled) {
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    Namespace rules = namespace.namespace();
    String type = EventType.publishable(request.getType());
    if (request.getData().size() > rules.maxEventBytes()) {
      throw new RequestException(
          ErrorCode.TOO_LARGE,
          "an event in '%s' is at most %d bytes, and this one has %d"
              .formatted(rules.name(), rules.maxEventBytes(), request.getData().size()));
    }
    requireShort("an idempotency key", request.getKey(), RecordCodec.MAX_KEY_BYTES);
    requireShort("a publisher's name", request.getBy(), RecordCodec.MAX_BY_BYTES);
    requireShort("a content type", request.getContentType(), RecordCodec.MAX_KEY_BYTES);
    requireShort("a traceparent", request.getTraceparent(), RecordCodec.MAX_KEY_BYTES);
    PartitionFold fold = namespace.folds().get(rules.home(channel.keyBytes()));
    long deadline = begun + configuration.publishTimeout().toNanos();
    return new Publication(
        request,
        channel,
        namespace,
        fold,
        RecordCodec.encode(rules, channel, type, request),
        deadline,
        abandoned,
        settled);
  }

  private static void requireShort(String what, String text, int most) {
    if (text.length() > most || text.getBytes(StandardCharsets.UTF_8).length > most) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, what + " is at most " + most + " bytes of UTF-8");
    }
  }

  private record Publication(
      PublishRequest request,
      Channel channel,
      Folds.Of namespace,
      PartitionFold fold,
      ProducerRecord<byte[], byte[]> record,
      long deadline,
      BooleanSupplier abandoned,
      Consumer<PublishVerdict.Builder> settled) {}

  private void send(Publication publication) {
    if (publication.abandoned().getAsBoolean()) {
      publication.settled().accept(unavailable("one before it failed"));
      return;
    }
    replaceBroken();
    long now = nanoClock.getAsLong();
    boolean blockedJustNow = blocked && now - blockedAt < BLOCKED_NANOS;
    if (blockedJustNow || now - publication.deadline() >= 0) {
      publication.settled().accept(unavailable("Kafka does not answer"));
      return;
    }
    Head before = publication.fold().head();
    Producer<byte[], byte[]> by = producer;
    try {
      by.send(
          publication.record(),
          (metadata, failure) -> written(publication, by, before, metadata, failure));
      blocked = false;
    } catch (KafkaException | IllegalStateException e) {
      blocked = e instanceof TimeoutException;
      blockedAt = nanoClock.getAsLong();
      publication.settled().accept(failed(e));
    }
  }

  /** Waits until all that the broken producer held has failed, and begins with a new one. */
  private void replaceBroken() {
    if (broken.compareAndSet(producer, null)) {
      producer.close(CLOSE);
      producer = producers.get();
    }
  }

  private void written(
      Publication publication,
      Producer<byte[], byte[]> by,
      Head before,
      RecordMetadata metadata,
      @Nullable Exception failure) {
    if (failure != null) {
      if (!(failure instanceof RecordTooLargeException) && broken.getAndSet(by) != by) {
        // From its own thread it ends without sending anything more.
        by.close(Duration.ZERO);
      }
      publication.settled().accept(failed(failure));
      return;
    }
    long offset = metadata.offset();
    if (offset <= before.through()) {
      // The fold had passed this offset before the record was sent: it is not the same log.
      watch.suspect(publication.namespace());
      publication.settled().accept(unavailable("the topic was made again"));
      return;
    }
    publication
        .fold()
        .passage()
        .await(
            offset,
            publication.deadline(),
            new Passage.Waiter() {
              @Override
              public void passed() {
                publication.settled().accept(judged(publication, before, offset));
              }

              @Override
              public void late() {
                publication.settled().accept(unavailable("this instance is behind Kafka"));
              }
            });
  }

  /** What the fold decided about the record at this offset, which it has passed. */
  private PublishVerdict.Builder judged(Publication publication, Head before, long offset) {
    try {
      PublishVerdict.Builder found = lookUp(publication, offset);
      Head now = publication.fold().head();
      if (found != null && now.begun() == before.begun()) {
        return found.setEpoch(now.epoch());
      }
      watch.suspect(publication.namespace());
      return unavailable("the topic was made again, or what was published is gone already");
    } catch (StoreException e) {
      return unavailable("this instance is stopping");
    } catch (RuntimeException e) {
      LOG.error("the verdict of a publication to {} failed", publication.channel(), e);
      return unavailable("its verdict could not be read");
    }
  }

  private PublishVerdict.@Nullable Builder lookUp(Publication publication, long offset) {
    Keys keys = publication.fold().keys();
    byte[] channel = publication.channel().keyBytes();
    PublishRequest request = publication.request();
    byte[] stored = store.get(keys.event(channel, offset));
    if (stored != null) {
      return isOf(request, Store.event(stored)) ? verdict(Outcome.STORED, offset) : null;
    }
    if (!request.getKey().isEmpty()) {
      byte[] entry =
          store.get(keys.idempotency(channel, bytes(request.getBy()), bytes(request.getKey())));
      if (entry != null && Remembered.decode(entry).offset() < offset) {
        return verdict(Outcome.DUPLICATE, Remembered.decode(entry).offset());
      }
    }
    byte[] closed = store.get(keys.closed(channel));
    if (closed != null && ByteBuffer.wrap(closed).getLong() < offset) {
      return verdict(Outcome.CLOSED, ByteBuffer.wrap(closed).getLong());
    }
    return null;
  }

  /** Whether the event at the publication's offset is the publication, and not of another log. */
  private static boolean isOf(PublishRequest request, Event event) {
    return event.getKey().equals(request.getKey())
        && event.getBy().equals(request.getBy())
        && event.getCloses() == request.getClose()
        && event.getData().equals(request.getData());
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static PublishVerdict.Builder verdict(Outcome outcome, long offset) {
    return PublishVerdict.newBuilder().setOutcome(outcome).setOffset(offset);
  }

  private static PublishVerdict.Builder failed(Exception failure) {
    if (failure instanceof RecordTooLargeException) {
      return refusal(
          new RequestException(ErrorCode.TOO_LARGE, "the event is larger than its topic allows"));
    }
    return unavailable("Kafka did not take it: " + failure.getMessage());
  }

  private static PublishVerdict.Builder refusal(RequestException refused) {
    if (refused.code() == ErrorCode.UNAVAILABLE) {
      return unavailable(refused.text());
    }
    return PublishVerdict.newBuilder()
        .setOutcome(Outcome.REFUSED)
        .setCode(refused.code().wire())
        .setMessage(refused.text());
  }

  static PublishVerdict.Builder unavailable(String why) {
    return PublishVerdict.newBuilder()
        .setOutcome(Outcome.UNAVAILABLE)
        .setCode(ErrorCode.UNAVAILABLE.wire())
        .setMessage(why);
  }

  /** Lets Kafka have what was accepted, for a short time. */
  @Override
  public void close() {
    sending.shutdown();
    producer.close(CLOSE);
  }
}
