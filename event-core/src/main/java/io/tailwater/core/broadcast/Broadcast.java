package io.tailwater.core.broadcast;

import io.tailwater.contract.SegmentChannel;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.fold.Readiness;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by its one thread, {@value #THREAD}, except {@link #offer} and {@link #mine}: broadcasts
 * the partitions that a Kafka consumer group assigns to this instance. The group's member fetches
 * nothing and commits nothing. Two instances that broadcast the same partition for a while do no
 * harm: they send the same events at the same offsets.
 */
public final class Broadcast implements AutoCloseable {
  public static final String THREAD = "core-broadcast";
  private static final Logger LOG = LoggerFactory.getLogger(Broadcast.class);
  private static final Duration POLL = Duration.ofMillis(200);
  private static final long PAUSE_MS = 200;
  private static final long PAUSE_AFTER_FAILURE_MS = 1_000;
  private static final long CLOSE_SECONDS = 5;

  private final Consumer<byte[], byte[]> member;
  private final Collection<String> topics;
  private final Readiness readiness;
  private final SegmentSink sink;
  private final CountDownLatch closing = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().name(THREAD).daemon().unstarted(this::run);
  private boolean joined;
  private volatile Set<TopicPartition> mine = Set.of();

  /**
   * A broadcast that has not started.
   *
   * @param member closed by the broadcast when it ends
   */
  public Broadcast(
      Consumer<byte[], byte[]> member,
      Collection<String> topics,
      Readiness readiness,
      SegmentSink sink) {
    this.member = member;
    this.topics = List.copyOf(topics);
    this.readiness = readiness;
    this.sink = sink;
  }

  /** Starts the thread. */
  public void start() {
    thread.start();
  }

  /** Sends segments if their partition is assigned to this instance; any thread. */
  public void offer(TopicPartition partition, List<Segment> segments) {
    if (!mine.contains(partition) || !readiness.mayBroadcast()) {
      return;
    }
    for (Segment segment : segments) {
      sink.send(
          SegmentChannel.name(segment.getNamespace(), segment.getPartition()),
          segment.toByteArray());
    }
  }

  /** The partitions that this instance broadcasts; any thread. */
  public Set<TopicPartition> mine() {
    return mine;
  }

  private void run() {
    try (member) {
      while (closing.getCount() > 0) {
        turn();
      }
    } catch (KafkaException e) {
      LOG.warn("leaving the broadcast group failed: {}", e.getMessage());
    }
  }

  private void turn() {
    assert Thread.currentThread() == thread : thread;
    try {
      boolean may = readiness.mayBroadcast();
      if (may && !joined) {
        member.subscribe(topics, new Assignment());
        joined = true;
      } else if (!may && joined) {
        LOG.info("leaving the broadcast group: {}", why());
        leave();
      }
      if (joined) {
        member.poll(POLL);
      } else {
        pause(PAUSE_MS);
      }
    } catch (WakeupException e) {
      // Closing.
    } catch (KafkaException e) {
      LOG.warn("the broadcast group failed and is joined again: {}", e.getMessage());
      leave();
      pause(PAUSE_AFTER_FAILURE_MS);
    }
  }

  private String why() {
    return readiness.isReady() ? readiness.lag() + " behind Kafka" : readiness.reason();
  }

  private void leave() {
    assert Thread.currentThread() == thread : thread;
    joined = false;
    mine = Set.of();
    member.unsubscribe();
  }

  private void pause(long millis) {
    try {
      closing.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Leaves the group, so that other instances take its partitions at once. */
  @Override
  public void close() {
    closing.countDown();
    member.wakeup();
    try {
      thread.join(Duration.ofSeconds(CLOSE_SECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class Assignment implements ConsumerRebalanceListener {
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      assert Thread.currentThread() == thread : thread;
      member.pause(partitions);
      Set<TopicPartition> now = new HashSet<>(mine);
      now.addAll(partitions);
      mine = Set.copyOf(now);
      LOG.info("broadcasting {} partitions", mine.size());
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      assert Thread.currentThread() == thread : thread;
      Set<TopicPartition> now = new HashSet<>(mine);
      now.removeAll(partitions);
      mine = Set.copyOf(now);
    }
  }
}
