package io.tailwater.core.fold;

import io.tailwater.contract.v1.Segment;
import io.tailwater.core.store.Progress;
import io.tailwater.core.thread.Owner;
import io.tailwater.core.topic.TopicIds;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by its one thread, {@value #THREAD}, which polls Kafka and folds: it owns the consumer,
 * every {@link PartitionFold} and the store's writes. Records that could not be folded, for
 * instance because the disk was full, are polled again from the stored progress.
 */
public final class FoldLoop implements AutoCloseable {
  static final String THREAD = "core-fold";
  private static final Logger LOG = LoggerFactory.getLogger(FoldLoop.class);
  private static final String PROBLEM = "fold";
  private static final Duration POLL = Duration.ofMillis(50);
  private static final Duration ASK = Duration.ofSeconds(5);
  private static final long PAUSE_MS = 1_000;
  private static final long CLOSE_SECONDS = 10;

  private final KafkaConsumer<byte[], byte[]> consumer;
  private final TopicIds topicIds;
  private final Folds folds;
  private final Owner owner;
  private final Readiness readiness;
  private final Gate gate;
  private final BiConsumer<TopicPartition, List<Segment>> broadcast;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name(THREAD).daemon().unstarted(this::run);

  /**
   * A loop that has not started.
   *
   * @param consumer closed by the loop when it ends
   * @param owner becomes the loop's thread
   * @param broadcast takes the segments of a partition, on the fold thread; must not block
   */
  public FoldLoop(
      KafkaConsumer<byte[], byte[]> consumer,
      Folds folds,
      Owner owner,
      Readiness readiness,
      Gate gate,
      BiConsumer<TopicPartition, List<Segment>> broadcast) {
    this.consumer = consumer;
    topicIds = new TopicIds(consumer);
    this.folds = folds;
    this.owner = owner;
    this.readiness = readiness;
    this.gate = gate;
    this.broadcast = broadcast;
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  private void run() {
    owner.take();
    try (consumer) {
      consumer.assign(folds.all().stream().map(PartitionFold::partition).toList());
      seekAll();
      while (closing.getCount() > 0) {
        guardedTurn();
      }
    } catch (RuntimeException e) {
      LOG.error("the fold has stopped", e);
      readiness.problem(PROBLEM, "the fold has stopped: " + e.getMessage());
    }
  }

  private void guardedTurn() {
    assert owner.isCurrent() : owner;
    try {
      turn();
      readiness.solved(PROBLEM);
    } catch (OffsetOutOfRangeException e) {
      LOG.warn(
          "positions of the fold are no longer in the log, their partitions are rebuilt: {}",
          e.getMessage());
      rebuild(e.offsetOutOfRangePartitions().keySet(), null);
    } catch (WakeupException e) {
      // Closing.
    } catch (RuntimeException e) {
      LOG.error("the fold failed and tries again", e);
      readiness.problem(PROBLEM, "the fold fails: " + e.getMessage());
      pause();
      seekAll();
    }
  }

  private void turn() {
    folds.namespaces().forEach(this::renew);
    ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
    gate.pass(newest(records));
    if (closing.getCount() == 0) {
      return;
    }
    for (Map.Entry<TopicPartition, OffsetAndMetadata> each : records.nextOffsets().entrySet()) {
      PartitionFold fold = folds.of(each.getKey());
      if (isOfItsTopic(fold)) {
        fold(fold, records.records(each.getKey()), each.getValue());
      } else {
        seek(fold);
      }
    }
    folds.all().forEach(PartitionFold::settle);
    if (!readiness.isCaughtUp() && folds.all().stream().allMatch(fold -> fold.head().caughtUp())) {
      readiness.setCaughtUp();
      LOG.info("caught up with Kafka");
    }
  }

  private void fold(
      PartitionFold fold, List<ConsumerRecord<byte[], byte[]>> records, OffsetAndMetadata next) {
    List<Segment> segments =
        fold.fold(records, next.offset(), next.leaderEpoch().orElse(Progress.NO_LEADER_EPOCH));
    if (!segments.isEmpty()) {
      broadcast.accept(fold.partition(), segments);
    }
  }

  /** Whether the polled records are of the fold's topic; if not, the topic is to be renewed. */
  private boolean isOfItsTopic(PartitionFold fold) {
    String fetched = topicIds.of(fold.partition().topic());
    if (fold.progress().topicId().equals(fetched)) {
      return true;
    }
    if (fetched != null) {
      folds.namespace(fold.namespace().name()).renewal().set(fetched);
    }
    return false;
  }

  private static long newest(ConsumerRecords<byte[], byte[]> records) {
    long newest = 0;
    for (ConsumerRecord<byte[], byte[]> record : records) {
      newest = Math.max(newest, record.timestamp());
    }
    return newest;
  }

  /**
   * Switches to a recreated topic as soon as the consumer fetches from it. The answer of a broker
   * with old metadata is ignored.
   */
  private void renew(Folds.Of namespace) {
    String topicId = namespace.renewal().get();
    if (topicId == null || !topicId.equals(topicIds.of(namespace.namespace().topicName()))) {
      return;
    }
    List<TopicPartition> old =
        namespace.folds().stream()
            .filter(fold -> !fold.progress().topicId().equals(topicId))
            .map(PartitionFold::partition)
            .toList();
    if (old.isEmpty() || rebuild(old, topicId)) {
      namespace.renewal().compareAndSet(topicId, null);
    }
  }

  /** Rebuilds partitions from their first retained offset; false if Kafka did not report it. */
  private boolean rebuild(Collection<TopicPartition> partitions, @Nullable String newTopicId) {
    Map<TopicPartition, Long> earliest;
    try {
      earliest = consumer.beginningOffsets(partitions, ASK);
    } catch (RuntimeException e) {
      LOG.warn("Kafka does not report the beginnings of {}: {}", partitions, e.getMessage());
      return false;
    }
    for (TopicPartition partition : partitions) {
      PartitionFold fold = folds.of(partition);
      String topicId = newTopicId == null ? fold.progress().topicId() : newTopicId;
      long begin = earliest.getOrDefault(partition, 0L);
      fold.rebuild(Progress.begin(topicId, fold.namespace().partitions(), begin));
      seek(fold);
      LOG.info("rebuilding {} from offset {}", partition, begin);
    }
    return true;
  }

  private void seekAll() {
    folds.all().forEach(this::seek);
  }

  private void seek(PartitionFold fold) {
    Progress progress = fold.progress();
    Optional<Integer> leaderEpoch =
        progress.leaderEpoch() == Progress.NO_LEADER_EPOCH
            ? Optional.empty()
            : Optional.of(progress.leaderEpoch());
    consumer.seek(fold.partition(), new OffsetAndMetadata(progress.next(), leaderEpoch, ""));
  }

  private void pause() {
    try {
      closing.await(PAUSE_MS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops after the current turn, and waits for its end. */
  @Override
  public void close() {
    closing.countDown();
    gate.release();
    consumer.wakeup();
    try {
      thread.join(Duration.ofSeconds(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
