package io.tailwater.core;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.RecordCodec.Decoded;
import io.tailwater.core.RecordCodec.SkipReason;
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
 * One partition's deterministic fold: records in, store batch and segments out. Confined to the
 * fold thread, but for {@link #head}, {@link #ring}, {@link #passage} and {@link #see}.
 */
final class PartitionFold {
  private static final Logger LOG = LoggerFactory.getLogger(PartitionFold.class);
  private static final long WARN_EVERY_NANOS = Duration.ofMinutes(1).toNanos();

  /**
   * What Kafka says about a partition.
   *
   * @param topicId of which incarnation
   * @param end the end of what is committed: the next offset to be written, or that of the first
   *     open transaction
   * @param earliest the first retained offset
   */
  record Seen(String topicId, long end, long earliest) {}

  private final Namespace namespace;
  private final TopicPartition partition;
  private final Keys keys;
  private final Store store;
  private final Pruning pruning;
  private final FoldMetrics metrics;
  private final LongSupplier nanoClock;
  private final Ring ring;
  private final Passage passage;
  private final Map<SkipReason, Long> warned = new EnumMap<>(SkipReason.class);
  private Progress progress;
  private String epoch;
  private boolean caughtUp;
  private int begun;
  private volatile Head head;
  private volatile @Nullable Seen seen;

  PartitionFold(
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
    this.metrics = metrics;
    this.nanoClock = nanoClock;
    this.ring = ring;
    this.passage = passage;
    keys = new Keys(namespace.name(), partition);
    pruning = new Pruning(store, keys);
    epoch = progress.epoch().text();
    head = headNow();
  }

  /** Folds what one poll brought: the records, and where the consumer stands after them. */
  List<Segment> fold(List<ConsumerRecord<byte[], byte[]>> records, long next, int leaderEpoch) {
    if (next == progress.next() && records.isEmpty()) {
      return List.of();
    }
    SegmentCut cut =
        new SegmentCut(namespace.name(), epoch, partition.partition(), progress.next() - 1);
    Progress after = progress.at(next, leaderEpoch);
    try (FoldBatch batch = new FoldBatch(store, keys, namespace.windowMs(), progress.earliest())) {
      for (ConsumerRecord<byte[], byte[]> record : records) {
        switch (RecordCodec.decode(namespace, record)) {
          case Decoded.Kept(byte[] channel, Event event) -> judge(batch, channel, event, cut);
          case Decoded.Skipped(SkipReason reason) -> skip(record, reason);
        }
      }
      batch.commit(after);
    }
    progress = after;
    return publish(cut.end(after.through()));
  }

  /** Takes up what was seen of the partition, and prunes a bounded part of what is due. */
  void settle() {
    Seen now = seen;
    if (now == null || !now.topicId().equals(progress.topicId())) {
      return;
    }
    // A log that begins beyond our position makes the consumer fail: then all is folded anew.
    if (now.earliest() > progress.earliest() && now.earliest() <= progress.next()) {
      Progress retaining = progress.retaining(now.earliest());
      try (FoldBatch batch = new FoldBatch(store, keys, 0, now.earliest())) {
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

  /** Forgets everything and begins anew. */
  void begin(Progress anew) {
    caughtUp = false;
    begun++;
    head = headNow();
    store.wipe(keys, anew);
    progress = anew;
    epoch = anew.epoch().text();
    seen = null;
    pruning.restart();
    ring.restart(anew.through());
    head = headNow();
    passage.restart(anew.through());
  }

  /** Tells what Kafka says; any thread. */
  void see(Seen now) {
    seen = now;
  }

  Progress progress() {
    return progress;
  }

  /** How far the fold is; any thread. */
  Head head() {
    return head;
  }

  Ring ring() {
    return ring;
  }

  Passage passage() {
    return passage;
  }

  Keys keys() {
    return keys;
  }

  Namespace namespace() {
    return namespace;
  }

  TopicPartition partition() {
    return partition;
  }

  private void judge(FoldBatch batch, byte[] channel, Event event, SegmentCut cut) {
    Verdict verdict = batch.add(channel, event);
    metrics.judged(verdict);
    if (verdict instanceof Verdict.Stored) {
      cut.add(event);
    }
  }

  /** Store first, then ring, then head, then those who wait: each finds what it is told of. */
  private List<Segment> publish(List<Segment> segments) {
    if (caughtUp) {
      segments.forEach(ring::add);
    }
    head = headNow();
    passage.advance(progress.through());
    return caughtUp ? segments : List.of();
  }

  private Head headNow() {
    return new Head(epoch, progress.through(), progress.earliestPosition(), caughtUp, begun);
  }

  private void skip(ConsumerRecord<byte[], byte[]> record, SkipReason reason) {
    long count = metrics.skipped(reason);
    long now = nanoClock.getAsLong();
    Long last = warned.get(reason);
    if (last != null && now - last < WARN_EVERY_NANOS) {
      return;
    }
    warned.put(reason, now);
    LOG.warn(
        "a record of {} at offset {} is not shown: {}{} ({} so far in namespace {})",
        partition,
        record.offset(),
        reason.text(),
        reason == SkipReason.ELSEWHERE ? "; " + RecordCodec.cause(namespace, record) : "",
        count,
        namespace.name());
  }
}
