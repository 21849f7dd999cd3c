package io.tailwater.core;

import io.tailwater.contract.v1.Segment;
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
 * The one thread that polls Kafka and folds: it owns the consumer and every {@link PartitionFold}.
 * What was not folded (a full disk, say) is asked for again from the progress that was stored.
 */
final class FoldLoop implements AutoCloseable {
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
  private final Readiness readiness;
  private final FoldGate gate;
  private final BiConsumer<TopicPartition, List<Segment>> broadcast;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name(THREAD).daemon().unstarted(this::run);

  FoldLoop(
      KafkaConsumer<byte[], byte[]> consumer,
      Folds folds,
      Readiness readiness,
      FoldGate gate,
      BiConsumer<TopicPartition, List<Segment>> broadcast) {
    this.consumer = consumer;
    topicIds = new TopicIds(consumer);
    this.folds = folds;
    this.readiness = readiness;
    this.gate = gate;
    this.broadcast = broadcast;
  }

  void start() {
    thread.start();
  }

  private void run() {
    try (consumer) {
      consumer.assign(folds.all().stream().map(PartitionFold::partition).toList());
      seekAll();
      while (closing.getCount() > 0) {
        guardedTurn();
      }
    } catch (RuntimeException e) {
      LOG.error("the fold has ended", e);
      readiness.problem(PROBLEM, "the fold has ended: " + e.getMessage());
    }
  }

  private void guardedTurn() {
    try {
      turn();
      readiness.solved(PROBLEM);
    } catch (OffsetOutOfRangeException e) {
      LOG.warn(
          "the log changed under the fold, which begins these partitions anew: {}", e.getMessage());
      beginAnew(e.offsetOutOfRangePartitions().keySet(), null);
    } catch (WakeupException e) {
      // Closing.
    } catch (RuntimeException e) {
      LOG.error("the fold could not go on and tries again", e);
      readiness.problem(PROBLEM, "the fold is stuck: " + e.getMessage());
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

  /** Whether what was just polled is of the topic that the fold is in; else it is renewed. */
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
   * Takes up a topic that was made again, as soon as the consumer fetches from it; an answer of a
   * broker that lags behind is not followed.
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
    if (old.isEmpty() || beginAnew(old, topicId)) {
      namespace.renewal().compareAndSet(topicId, null);
    }
  }

  /** Wipes partitions and begins at what is retained; false if Kafka did not say where that is. */
  private boolean beginAnew(Collection<TopicPartition> partitions, @Nullable String newTopicId) {
    Map<TopicPartition, Long> earliest;
    try {
      earliest = consumer.beginningOffsets(partitions, ASK);
    } catch (RuntimeException e) {
      LOG.warn("Kafka does not say where {} begin: {}", partitions, e.getMessage());
      return false;
    }
    for (TopicPartition partition : partitions) {
      PartitionFold fold = folds.of(partition);
      String topicId = newTopicId == null ? fold.progress().topicId() : newTopicId;
      long begin = earliest.getOrDefault(partition, 0L);
      fold.begin(Progress.begin(topicId, fold.namespace().partitions(), begin));
      seek(fold);
      LOG.info("{} is folded anew from offset {}", partition, begin);
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

  /** Stops after what is being folded; waits for it. */
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
