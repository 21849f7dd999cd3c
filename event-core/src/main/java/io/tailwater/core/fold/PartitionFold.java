package io.tailwater.core.fold;

import io.tailwater.contract.Acks;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.state.EntryWrite;
import io.tailwater.core.state.Reason;
import io.tailwater.core.state.Terms;
import io.tailwater.core.store.FoldBatch;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Pruning;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.Verdict;
import io.tailwater.core.thread.Owner;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.RecordCodec;
import io.tailwater.core.topic.RecordCodec.Decoded;
import io.tailwater.core.topic.RecordCodec.SkipReason;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by the fold thread, except {@link #head}, {@link #ring}, {@link #passage}, {@link #see} and
 * the constants: one partition's deterministic fold. Records go in, a store batch and segments come
 * out.
 */
public final class PartitionFold {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFold.class);
  private static final long WARN_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

  /**
   * Immutable: a partition as Kafka reports it.
   *
   * @param topicId of the topic's incarnation
   * @param end the committed end: the next offset to be written, or that of the first open
   *     transaction
   * @param earliest the first retained offset
   */
  public record Seen(String topicId, long end, long earliest) {}

  private final Namespace namespace;
  private final TopicPartition partition;
  private final Keys keys;
  private final Store store;
  private final Owner owner;
  private final Pruning pruning;
  private final boolean acks;
  private final FoldMetrics metrics;
  private final LongSupplier nanoClock;
  private final Ring ring;
  private final Passage passage;
  private final Conflicts conflicts = new Conflicts();
  private final Map<SkipReason, Long> warned = new EnumMap<>(SkipReason.class);
  private @Nullable Long headerWarned;
  private Progress progress;
  private String epoch;
  private boolean caughtUp;
  private int begun;
  private volatile Head head;
  private volatile @Nullable Seen seen;

  /**
   * A fold that continues from stored progress.
   *
   * @param store whose owner is the fold thread
   */
  public PartitionFold(
      Namespace namespace,
      int partition,
      Progress progress,
      Store store,
      FoldMetrics metrics,
      LongSupplier nanoClock,
      Ring ring,
      Passage passage) {
    this.namespace = namespace;
    this.partition = new TopicPartition(namespace.topicName(), partition);
    this.progress = progress;
    this.store = store;
    owner = store.owner();
    this.metrics = metrics;
    this.nanoClock = nanoClock;
    this.ring = ring;
    this.passage = passage;
    keys = new Keys(namespace.name(), partition);
    acks = namespace.name().equals(Acks.NAMESPACE);
    pruning = new Pruning(store, keys, acks);
    epoch = progress.epoch().text();
    head = headNow();
  }

  /**
   * Folds the records of one poll.
   *
   * @param next the consumer's position after them
   * @param leaderEpoch of that position
   * @return segments to broadcast; none until the partition has caught up
   */
  List<Segment> fold(List<ConsumerRecord<byte[], byte[]>> records, long next, int leaderEpoch) {
    assert owner.isCurrent() : owner;
    if (next == progress.next() && records.isEmpty()) {
      return List.of();
    }
    SegmentCut cut =
        new SegmentCut(namespace.name(), epoch, partition.partition(), progress.next() - 1);
    Progress after = progress.at(next, leaderEpoch);
    try (FoldBatch batch = batch(progress.earliest())) {
      for (ConsumerRecord<byte[], byte[]> record : records) {
        switch (RecordCodec.decode(namespace, record)) {
          case Decoded.Kept(
                  byte[] channel,
                  Event event,
                  @Nullable EntryWrite write,
                  @Nullable Position of,
                  @Nullable String unreadable) -> {
            if (unreadable != null) {
              unreadable(record, unreadable);
            }
            judge(batch, channel, about(event, of), write, cut);
          }
          case Decoded.Skipped(SkipReason reason) -> skip(record, reason);
        }
      }
      batch.commit(after);
    }
    progress = after;
    return publish(cut.end(after.through()));
  }

  /** Applies the last report of Kafka, and prunes a bounded number of expired events. */
  void settle() {
    assert owner.isCurrent() : owner;
    Seen now = seen;
    if (now == null || !now.topicId().equals(progress.topicId())) {
      return;
    }
    // A log that begins beyond our position fails the consumer; the partition is rebuilt then.
    if (now.earliest() > progress.earliest() && now.earliest() <= progress.next()) {
      Progress retaining = progress.retaining(now.earliest());
      try (FoldBatch batch = batch(now.earliest())) {
        batch.commit(retaining);
      }
      progress = retaining;
      head = headNow();
    }
    if (!caughtUp && progress.next() >= now.end()) {
      caughtUp = true;
      ring.restart(progress.through());
      head = headNow();
    }
    metrics.pruned(pruning.below(progress.earliest()));
  }

  /** Drops everything and starts again from this progress. */
  void rebuild(Progress fresh) {
    assert owner.isCurrent() : owner;
    caughtUp = false;
    begun++;
    head = headNow();
    store.wipe(keys, fresh, namespace.foldRules());
    conflicts.clear();
    progress = fresh;
    epoch = fresh.epoch().text();
    seen = null;
    pruning.restart();
    ring.restart(fresh.through());
    head = headNow();
    passage.restart(fresh.through());
  }

  /** Takes a report of Kafka, for the next {@link #settle}; any thread. */
  public void see(Seen now) {
    seen = now;
  }

  /** How far the partition is folded, of the owner. */
  Progress progress() {
    assert owner.isCurrent() : owner;
    return progress;
  }

  /** How far the fold is; any thread. */
  public Head head() {
    return head;
  }

  /** The newest segments; any thread. */
  public Ring ring() {
    return ring;
  }

  /** The waiters for the fold; any thread. */
  public Passage passage() {
    return passage;
  }

  /** The newest records that were refused for what they ask to do to an entry; any thread. */
  public Conflicts conflicts() {
    return conflicts;
  }

  /** The partition's keys in the store; any thread. */
  public Keys keys() {
    return keys;
  }

  /** The rules of the namespace; any thread. */
  public Namespace namespace() {
    return namespace;
  }

  /** The partition in Kafka; any thread. */
  public TopicPartition partition() {
    return partition;
  }

  private FoldBatch batch(long earliest) {
    return new FoldBatch(
        store, keys, namespace.windowMs(), new Terms(epoch, earliest, namespace.isForever()));
  }

  /** The event, with the earlier event of this partition that it is about. */
  private Event about(Event event, @Nullable Position of) {
    if (of == null
        || !of.epoch().text().equals(epoch)
        || of.offset() < 0
        || of.offset() >= event.getOffset()) {
      return event;
    }
    return event.toBuilder().setOf(of.offset()).build();
  }

  private void judge(
      FoldBatch batch, byte[] channel, Event event, @Nullable EntryWrite write, SegmentCut cut) {
    Verdict verdict = batch.add(channel, event, write);
    metrics.judged(verdict);
    switch (verdict) {
      case Verdict.Stored(Event stored) -> {
        cut.add(stored);
        if (acks) {
          batch.move(channel, stored);
        }
      }
      case Verdict.Conflict(Reason reason) -> conflicts.add(event.getOffset(), reason);
      case Verdict.Repeat _, Verdict.Closed _ -> {
        // Dropped; the store knows why.
      }
    }
  }

  /** Store first, then ring, then head, then waiters: each finds the events that it learns of. */
  private List<Segment> publish(List<Segment> segments) {
    if (caughtUp) {
      segments.forEach(ring::add);
    }
    head = headNow();
    passage.advance(progress.through());
    return caughtUp ? segments : List.of();
  }

  /** Records of its whole namespace that were skipped since the start. Any thread. */
  List<FoldMetrics.Skipped> skipped() {
    return metrics.skipped();
  }

  private Head headNow() {
    return new Head(epoch, progress.through(), progress.earliestPosition(), caughtUp, begun);
  }

  private void unreadable(ConsumerRecord<byte[], byte[]> record, String header) {
    long count = metrics.unreadable();
    long now = nanoClock.getAsLong();
    if (headerWarned == null || now - headerWarned >= WARN_EVERY_NANOS) {
      headerWarned = now;
      LOG.warn(
          "left the header {} out of the event at offset {} of {}: it is not UTF-8, or too long ({} so"
              + " far in namespace {})",
          header,
          record.offset(),
          partition,
          count,
          namespace.name());
    }
  }

  private void skip(ConsumerRecord<byte[], byte[]> record, SkipReason reason) {
    long count = metrics.skipped(reason);
    long now = nanoClock.getAsLong();
    Long last = warned.get(reason);
    if (last != null && now - last < WARN_EVERY_NANOS) {
      return;
    }
    warned.put(reason, now);
    String warning =
        "skipped a record of %s at offset %d: %s%s"
            .formatted(
                partition,
                record.offset(),
                reason.text(),
                reason == SkipReason.ELSEWHERE ? "; " + RecordCodec.cause(namespace, record) : "");
    metrics.warned(reason, warning);
    LOG.warn("{} ({} so far in namespace {})", warning, count, namespace.name());
  }
}
