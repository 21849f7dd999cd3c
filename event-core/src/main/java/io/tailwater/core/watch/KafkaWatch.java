package io.tailwater.core.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.RequestException;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.Store;
import io.tailwater.core.thread.Owner;
import io.tailwater.core.topic.Topics;
import io.tailwater.core.topic.Topics.Ends;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for any thread; its looks run on the timer's thread, {@value #THREAD}. Asks Kafka once a
 * second for ends, earliest offsets, and the id and partition count of each topic, and reports them
 * to the folds. Confirms answers that rest on absence: only Kafka knows that there is nothing more.
 */
public final class KafkaWatch {
  public static final String THREAD = "core-watch";
  private static final Logger LOG = LoggerFactory.getLogger(KafkaWatch.class);
  private static final long LOOK_MS = 1_000;
  private static final long FIRST_LOOKS_MS = 100;
  private static final long EXPIRE_MS = 20;
  private static final long FLUSH_SECONDS = 30;
  private static final int MAX_LOOKS = 64;

  /** Immutable: a look at all ends. Its age is the lag, until the fold has reached the ends. */
  private record Asked(long nanos, Map<Folds.Of, Ends> ends) {}

  private final Topics topics;
  private final Folds folds;
  private final Readiness readiness;
  private final Store store;
  private final LongSupplier nanoClock;
  private final Executor executor;
  private final Map<Folds.Of, Fence<Ends>> fences = new HashMap<>();
  private final Owner timerThread = new Owner();

  @GuardedBy("unreached")
  private final ArrayDeque<Asked> unreached = new ArrayDeque<>();

  private long lastLook;

  /**
   * A watch that has not started.
   *
   * @param executor runs what follows answers of Kafka
   */
  public KafkaWatch(
      Topics topics,
      Folds folds,
      Readiness readiness,
      Store store,
      LongSupplier nanoClock,
      Executor executor) {
    this.topics = topics;
    this.folds = folds;
    this.readiness = readiness;
    this.store = store;
    this.nanoClock = nanoClock;
    this.executor = executor;
    for (Folds.Of namespace : folds.namespaces()) {
      fences.put(namespace, new Fence<>(() -> observed(namespace)));
    }
    lastLook = nanoClock.getAsLong() - Duration.ofSeconds(1).toNanos();
  }

  /** Starts to look, on the timer's one thread. */
  public void start(ScheduledExecutorService timer) {
    timer.execute(timerThread::take);
    timer.scheduleWithFixedDelay(
        guarded(this::expire), EXPIRE_MS, EXPIRE_MS, TimeUnit.MILLISECONDS);
    timer.scheduleWithFixedDelay(guarded(this::tick), 0, FIRST_LOOKS_MS, TimeUnit.MILLISECONDS);
    timer.scheduleWithFixedDelay(
        guarded(store::flush), FLUSH_SECONDS, FLUSH_SECONDS, TimeUnit.SECONDS);
    timer.scheduleWithFixedDelay(
        guarded(this::lookForCompaction), FLUSH_SECONDS, FLUSH_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Continues once the fold of a partition has passed the end that Kafka has after this call, if
   * Kafka's topic is the one that is being folded.
   *
   * @param refused takes the reason otherwise, {@code unavailable}
   */
  public void confirm(
      Folds.Of namespace,
      PartitionFold fold,
      long deadline,
      Runnable confirmed,
      Consumer<RequestException> refused) {
    ask(namespace)
        .whenCompleteAsync(
            (ends, failure) -> {
              if (failure != null) {
                refused.accept(Readiness.unavailable("Kafka does not answer"));
              } else if (!epoch(ends).equals(fold.head().epoch())) {
                refused.accept(
                    Readiness.unavailable("the topic was recreated and is being read; try again"));
              } else {
                long end = ends.ends()[fold.partition().partition()];
                fold.passage().await(end - 1, deadline, new Confirmation(confirmed, refused));
              }
            },
            executor);
  }

  /** Asks Kafka now whether the topic was recreated. */
  public void suspect(Folds.Of namespace) {
    ask(namespace).exceptionally(failure -> null);
  }

  /** Answers questions about topics. */
  public Topics topics() {
    return topics;
  }

  private record Confirmation(Runnable confirmed, Consumer<RequestException> refused)
      implements Passage.Waiter {
    @Override
    public void passed() {
      confirmed.run();
    }

    @Override
    public void late() {
      refused.accept(Readiness.unavailable(Readiness.BEHIND));
    }
  }

  private CompletableFuture<Ends> ask(Folds.Of namespace) {
    Fence<Ends> fence = fences.get(namespace);
    if (fence == null) {
      throw new IllegalArgumentException("unknown namespace " + namespace.namespace().name());
    }
    return fence.ask();
  }

  /** Asks, and compares the answer with the configuration and with the topic that is folded. */
  private CompletableFuture<Ends> observed(Folds.Of namespace) {
    String about = namespace.namespace().name();
    return topics
        .ends(namespace.namespace())
        .whenComplete(
            (ends, failure) -> {
              readiness.setKafkaAnswers(ends != null || isMissing(failure));
              if (ends != null) {
                compare(namespace, ends, about);
              } else if (isMissing(failure)) {
                readiness.problem(
                    about, "topic " + namespace.namespace().topicName() + " does not exist");
              }
            });
  }

  private void compare(Folds.Of namespace, Ends ends, String about) {
    String contradiction = Topics.contradiction(namespace.namespace(), ends.partitions());
    if (contradiction != null) {
      readiness.problem(about, contradiction);
      return;
    }
    readiness.solved(about);
    String epoch = epoch(ends);
    if (namespace.folds().stream().anyMatch(fold -> !fold.head().epoch().equals(epoch))) {
      namespace.renewal().set(ends.topicId());
    } else {
      namespace.renewal().set(null);
    }
  }

  private static boolean isMissing(@Nullable Throwable failure) {
    for (Throwable each = failure; each != null; each = each.getCause()) {
      if (each instanceof UnknownTopicOrPartitionException) {
        return true;
      }
    }
    return false;
  }

  private static String epoch(Ends ends) {
    return Epoch.of(ends.topicId(), ends.partitions()).text();
  }

  private void expire() {
    long now = nanoClock.getAsLong();
    folds.all().forEach(fold -> fold.passage().expire(now));
  }

  private void tick() {
    assert timerThread.isCurrent() : timerThread;
    long now = nanoClock.getAsLong();
    measure(now);
    if (readiness.isCaughtUp() && now - lastLook < TimeUnit.MILLISECONDS.toNanos(LOOK_MS)) {
      return;
    }
    lastLook = now;
    Map<Folds.Of, Ends> seen = new ConcurrentHashMap<>();
    List<CompletableFuture<?>> looks = new ArrayList<>();
    for (Folds.Of namespace : folds.namespaces()) {
      looks.add(
          ask(namespace)
              .thenCombine(
                  topics.earliest(namespace.namespace()),
                  (ends, earliest) -> {
                    report(namespace, ends, earliest);
                    return seen.put(namespace, ends);
                  }));
    }
    CompletableFuture.allOf(looks.toArray(CompletableFuture[]::new))
        .thenRun(() -> remember(new Asked(now, seen)))
        .exceptionally(failure -> null);
  }

  private static void report(Folds.Of namespace, Ends ends, long[] earliest) {
    for (PartitionFold fold : namespace.folds()) {
      int partition = fold.partition().partition();
      fold.see(new PartitionFold.Seen(ends.topicId(), ends.ends()[partition], earliest[partition]));
    }
  }

  private void remember(Asked asked) {
    synchronized (unreached) {
      if (unreached.size() < MAX_LOOKS) {
        unreached.addLast(asked);
      }
    }
  }

  private void measure(long now) {
    assert timerThread.isCurrent() : timerThread;
    synchronized (unreached) {
      while (!unreached.isEmpty() && isReached(unreached.getFirst())) {
        unreached.removeFirst();
      }
      readiness.setLag(
          unreached.isEmpty()
              ? Duration.ZERO
              : Duration.ofNanos(now - unreached.getFirst().nanos()));
    }
  }

  private static boolean isReached(Asked asked) {
    return asked.ends().entrySet().stream()
        .allMatch(each -> isReached(each.getKey(), each.getValue()));
  }

  /** Ends of a topic that was replaced count as reached. */
  private static boolean isReached(Folds.Of namespace, Ends ends) {
    String epoch = epoch(ends);
    return namespace.folds().stream()
        .allMatch(
            fold -> {
              Head head = fold.head();
              long end = ends.ends()[fold.partition().partition()];
              return !head.epoch().equals(epoch) || head.through() >= end - 1;
            });
  }

  private void lookForCompaction() {
    for (Folds.Of namespace : folds.namespaces()) {
      String about = namespace.namespace().name() + " cleanup.policy";
      topics
          .compaction(namespace.namespace())
          .thenAccept(
              refusal -> {
                if (refusal == null) {
                  readiness.solved(about);
                } else {
                  readiness.problem(about, refusal);
                }
              })
          .exceptionally(failure -> null);
    }
  }

  /** A timer drops a task that throws; the next look may succeed. */
  private static Runnable guarded(Runnable task) {
    return () -> {
      try {
        task.run();
      } catch (RuntimeException e) {
        LOG.warn("a look at Kafka failed", e);
      }
    };
  }
}
