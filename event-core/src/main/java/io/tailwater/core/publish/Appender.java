package io.tailwater.core.publish;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.core.thread.Owner;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Safe for any thread: sends records in the order in which they were offered. Whoever offers a
 * record while nobody sends becomes the owner, and sends all that is offered meanwhile; the others
 * leave their records in the queue. So a record needs no thread but its caller's. {@code send} may
 * block, briefly, when Kafka does not answer; then one caller waits, and no more.
 *
 * <p>When Kafka did not take a record, no record that was handed to the producer after it may still
 * be appended: the sender of the failed one would then publish it again, behind its successors. So
 * the first failure shuts the producer, which fails all that it holds. The owner opens the next
 * producer when the old one has ended.
 */
final class Appender implements AutoCloseable {

  /** One record on its way. Exactly one of {@code appended} and {@code failed} is called, once. */
  interface Entry {
    ProducerRecord<byte[], byte[]> record();

    /** Nanoseconds of the appender's clock, after which the record is not sent. */
    long deadline();

    /** Whether the record must not be sent any more, since a record before it failed. */
    boolean isAbandoned();

    /** The record is about to be sent. */
    void sending();

    /** Kafka has the record at this offset; any thread. */
    void appended(long offset);

    /** The record was not sent, or whether Kafka has it is unknown; any thread. */
    void failed(RequestException why);
  }

  private static final int MAX_QUEUED = 20_000;
  private static final Duration CLOSE = Duration.ofSeconds(2);

  /** After a send that blocked in vain, no other record is sent for this long. */
  private static final long BLOCKED_NANOS = Duration.ofMillis(500).toNanos();

  private final Supplier<Producer<byte[], byte[]>> producers;
  private final LongSupplier nanoClock;
  private final Owner owner = new Owner();
  private final AtomicReference<@Nullable Producer<byte[], byte[]>> broken =
      new AtomicReference<>();
  private final BlockingQueue<Entry> queue = new ArrayBlockingQueue<>(MAX_QUEUED);
  private final AtomicBoolean owned = new AtomicBoolean();

  private volatile Producer<byte[], byte[]> producer;
  private boolean blocked;
  private long blockedAt;

  /**
   * Opens the first producer.
   *
   * @param producers opens a producer
   */
  Appender(Supplier<Producer<byte[], byte[]>> producers, LongSupplier nanoClock) {
    this.producers = producers;
    this.nanoClock = nanoClock;
    producer = producers.get();
  }

  /** How many records wait to be sent. */
  int queued() {
    return queue.size();
  }

  /** Sends a record when its turn comes; false if too many records wait. */
  boolean offer(Entry entry) {
    if (!queue.offer(entry)) {
      return false;
    }
    while (!queue.isEmpty() && owned.compareAndSet(false, true)) {
      owner.take();
      try {
        sendQueued();
      } finally {
        owned.set(false);
      }
    }
    return true;
  }

  private void sendQueued() {
    assert owner.isCurrent() : owner;
    for (Entry next = queue.poll(); next != null; next = queue.poll()) {
      send(next);
    }
  }

  private void send(Entry entry) {
    assert owner.isCurrent() : owner;
    if (entry.isAbandoned()) {
      entry.failed(unavailable("an earlier event of this channel failed"));
      return;
    }
    replaceBroken();
    long now = nanoClock.getAsLong();
    boolean justBlocked = blocked && now - blockedAt < BLOCKED_NANOS;
    if (justBlocked || now - entry.deadline() >= 0) {
      entry.failed(unavailable("Kafka does not answer"));
      return;
    }
    Producer<byte[], byte[]> by = producer;
    entry.sending();
    try {
      by.send(entry.record(), (metadata, failure) -> onSent(entry, by, metadata, failure));
      blocked = false;
    } catch (KafkaException | IllegalStateException e) {
      blocked = e instanceof TimeoutException;
      blockedAt = nanoClock.getAsLong();
      entry.failed(reason(e));
    }
  }

  /** Waits until everything that the broken producer held has failed, and opens the next one. */
  private void replaceBroken() {
    assert owner.isCurrent() : owner;
    if (broken.compareAndSet(producer, null)) {
      producer.close(CLOSE);
      producer = producers.get();
    }
  }

  /** Kafka has answered, or did not in time; on the producer's thread or the caller's of send. */
  private void onSent(
      Entry entry,
      Producer<byte[], byte[]> by,
      RecordMetadata metadata,
      @Nullable Exception failure) {
    if (failure == null) {
      entry.appended(metadata.offset());
      return;
    }
    if (!(failure instanceof RecordTooLargeException) && broken.getAndSet(by) != by) {
      // From its own thread the producer ends without sending anything more.
      by.close(Duration.ZERO);
    }
    entry.failed(reason(failure));
  }

  private static RequestException reason(Exception failure) {
    return failure instanceof RecordTooLargeException
        ? new RequestException(ErrorCode.TOO_LARGE, "the event is larger than its topic allows")
        : unavailable("Kafka did not accept the event: " + failure.getMessage());
  }

  private static RequestException unavailable(String why) {
    return new RequestException(ErrorCode.UNAVAILABLE, why);
  }

  /** Leaves Kafka a short time to take what the producer holds. */
  @Override
  public void close() {
    producer.close(CLOSE);
  }
}
