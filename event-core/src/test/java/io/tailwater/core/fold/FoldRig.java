package io.tailwater.core.fold;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.fold.LogRecords.Written;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Page;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.Wanted;
import io.tailwater.core.thread.Owner;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.Rules;
import io.tailwater.service.DurationText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

/** The fold of one partition over a real store, without Kafka: the test is the log. */
final class FoldRig implements AutoCloseable {
  static final String TOPIC_ID = "AAAAAAAAAAAAAAAAAAAAAQ";

  final Namespace namespace;
  final int partition;
  final AtomicLong nanos = new AtomicLong();
  final Owner owner = new Owner();
  final Ring.Budget budget = new Ring.Budget(1 << 20, owner);
  private Path directory;
  private int crashes;
  private Store store;
  private PartitionFold fold;

  /** A namespace with the usual rules, but for what tests of the fold depend on. */
  static Namespace namespace(int partitions, Duration retention, Duration window) {
    return Rules.USUAL
        .partitions(partitions)
        .retention(DurationText.of(retention))
        .window(window)
        .namespace();
  }

  FoldRig(Namespace namespace, int partition, Path directory) {
    this.namespace = namespace;
    this.partition = partition;
    this.directory = directory;
    store = Store.open(directory, Store.MIN_BYTES, owner);
    fold = open(0);
  }

  private PartitionFold open(long earliest) {
    byte[] stored = store.get(new Keys(namespace.name(), partition).progress());
    Progress fresh = Progress.begin(TOPIC_ID, namespace.partitions(), earliest);
    Progress progress = stored == null ? fresh : Progress.decode(stored);
    if (stored == null) {
      store.wipe(new Keys(namespace.name(), partition), fresh, namespace.foldRules());
    }
    PartitionFold opened =
        new PartitionFold(
            namespace,
            partition,
            progress,
            store,
            new FoldMetrics(new SimpleMeterRegistry(), namespace.name()),
            nanos::get,
            new Ring(budget, progress.through()),
            new Passage(Runnable::run, new AtomicInteger(), 100, progress.through()));
    opened.see(new PartitionFold.Seen(TOPIC_ID, 0, progress.earliest()));
    opened.settle();
    return opened;
  }

  PartitionFold fold() {
    return fold;
  }

  Store store() {
    return store;
  }

  /** Folds records that lie one after another, and then this many that only Kafka sees. */
  List<Segment> fold(List<Written> records, int control) {
    long offset = fold.progress().next();
    List<ConsumerRecord<byte[], byte[]>> batch = new ArrayList<>();
    for (Written record : records) {
      batch.add(record.at(namespace.topicName(), partition, offset++));
    }
    return fold.fold(batch, offset + control, 0);
  }

  /** Kafka has removed what lies below. */
  void retain(long earliest) {
    fold.see(new PartitionFold.Seen(TOPIC_ID, fold.progress().next(), earliest));
    fold.settle();
  }

  /** Ends the process and begins another one with the same directory. */
  void restart() {
    store.close();
    store = Store.open(directory, Store.MIN_BYTES, owner);
    fold = open(0);
  }

  /**
   * Dies without closing: what goes on is a copy of what lies on disk, where the newest part is
   * missing. Returns the first offset that has to be folded again.
   */
  long crash() throws IOException {
    Path copy = copy();
    while (copy == null) {
      copy = copy();
    }
    store.close();
    directory = copy;
    store = Store.open(copy, Store.MIN_BYTES, owner);
    fold = open(0);
    return fold.progress().next();
  }

  /** The directory as it was at one instant; null if the store was at work on it meanwhile. */
  private @Nullable Path copy() throws IOException {
    Path copy = directory.resolveSibling(directory.getFileName() + "-crash" + ++crashes);
    Files.createDirectories(copy);
    try {
      Map<Path, FileTime> before = files();
      for (Path file : before.keySet()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
      return files().equals(before) ? copy : null;
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private Map<Path, FileTime> files() throws IOException {
    Map<Path, FileTime> files = new HashMap<>();
    try (Stream<Path> list = Files.list(directory)) {
      for (Path file : list.toList()) {
        files.put(file, Files.getLastModifiedTime(file));
      }
    }
    return files;
  }

  ReadPage page(String channel, Page.Start start, int limit) {
    return page(new Wanted.OfChannel(LogRecords.bytes(channel), Set.of()), start, limit);
  }

  ReadPage page(Wanted wanted, Page.Start start, int limit) {
    try (Page page = new Page(store, fold.keys(), wanted)) {
      return page.read(start, limit, 1 << 20);
    }
  }

  /** Keys of channels whose home this partition is, or is not. */
  static List<String> channels(Namespace namespace, int partition, boolean home, int count) {
    List<String> found = new ArrayList<>();
    for (int i = 0; found.size() < count; i++) {
      String key = "c" + i;
      if ((namespace.home(LogRecords.bytes(key)) == partition) == home) {
        found.add(key);
      }
    }
    return found;
  }

  @Override
  public void close() {
    store.close();
  }
}
