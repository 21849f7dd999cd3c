package io.tailwater.core;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.exceptions.ConfigurationException;
import io.tailwater.contract.Platform;
import io.tailwater.core.broadcast.Broadcast;
import io.tailwater.core.broadcast.SegmentSink;
import io.tailwater.core.broadcast.SegmentSinks;
import io.tailwater.core.fold.FoldLoop;
import io.tailwater.core.fold.FoldMetrics;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Folds.Of;
import io.tailwater.core.fold.Gate;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.fold.Ring;
import io.tailwater.core.publish.Publisher;
import io.tailwater.core.read.Follows;
import io.tailwater.core.read.ReadPositions;
import io.tailwater.core.read.Reads;
import io.tailwater.core.read.States;
import io.tailwater.core.store.Keys;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Store;
import io.tailwater.core.thread.Owner;
import io.tailwater.core.topic.KafkaClients;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.Topics;
import io.tailwater.core.topic.Topics.Prepared;
import io.tailwater.core.watch.KafkaWatch;
import io.tailwater.redis.Redis;
import io.tailwater.redis.RedisPublisher;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Safe for any thread: all parts of an event-core, opened and closed in order. */
final class Core implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Core.class);
  private static final String STORE = "store";
  private static final long MAX_BROADCAST_BYTES = 16L << 20;

  /**
   * Immutable: the parts and settings of a core that come from the framework.
   *
   * @param namespaces namespaces with a topic
   * @param ephemeral namespaces without a topic, of which a core only reports the rules
   * @param gate where records wait before they are folded
   * @param sinks creates what segments are broadcast to
   * @param nanoClock the clock of every deadline, nanoseconds
   */
  record Setting(
      String instance,
      CoreConfiguration configuration,
      List<Namespace> namespaces,
      List<Namespace> ephemeral,
      KafkaClients kafka,
      Admin admin,
      Redis redis,
      Gate gate,
      SegmentSinks sinks,
      LongSupplier nanoClock,
      MeterRegistry registry,
      Executor executor) {}

  private final Setting setting;
  private final LongSupplier nanoClock;
  private final Owner foldThread = new Owner();
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final Readiness readiness;
  private final AtomicInteger waiting = new AtomicInteger();
  private final Folds folds;
  private final Platform platform;
  private final Topics topics;
  private final Publisher publisher;
  private final Reads reads;
  private final States states;
  private final Follows follows;
  private final Broadcast broadcast;
  private final ReadPositions readPositions;

  /**
   * Opens everything and starts to fold.
   *
   * @throws ConfigurationException if Kafka does not answer or has a topic that contradicts the
   *     configuration
   */
  Core(Setting setting) {
    this.setting = setting;
    nanoClock = setting.nanoClock();
    readiness = new Readiness(setting.configuration().lagLimit());
    String tooMuch = MemoryPlan.ofThisProcess(setting.configuration().storeBytes()).tooMuch();
    if (tooMuch != null) {
      LOG.warn("{}", tooMuch);
    }
    try {
      // A context that failed to start destroys nothing, so these are closed here too.
      Redis redis = opened(setting.redis());
      topics = new Topics(opened(setting.admin()));
      List<Prepared> prepared =
          topics.prepare(
              setting.namespaces(),
              setting.configuration().startTimeout(),
              nanoClock,
              setting.kafka().servers());
      platform = platform(topics);
      Store store =
          opened(
              Store.open(
                  Path.of(setting.configuration().data(), STORE),
                  setting.configuration().storeBytes(),
                  foldThread));
      ScheduledExecutorService timer = timer();
      RedisPublisher broadcasts =
          new RedisPublisher(redis, platform::prefix, timer, MAX_BROADCAST_BYTES);
      folds = folds(store, topics, prepared);
      broadcast = broadcast(setting.sinks().over(broadcasts, setting.registry()));
      FoldLoop loop =
          opened(
              new FoldLoop(
                  setting.kafka().fold(client("fold")),
                  folds,
                  foldThread,
                  readiness,
                  setting.gate(),
                  broadcast::offer));
      KafkaWatch watch =
          new KafkaWatch(topics, folds, readiness, store, nanoClock, setting.executor());
      publisher = publisher(store, watch);
      reads =
          new Reads(
              folds,
              store,
              readiness,
              watch,
              setting.configuration().readTimeout(),
              setting.configuration().pageBytes(),
              nanoClock,
              setting.executor());
      states =
          new States(
              folds, store, readiness, watch, setting.configuration().readTimeout(), nanoClock);
      follows =
          new Follows(
              folds,
              readiness,
              watch,
              setting.configuration().readTimeout(),
              setting.configuration().followBytes(),
              nanoClock);
      readPositions = new ReadPositions(folds, store, readiness);
      broadcasts.start();
      loop.start();
      watch.start(timer);
      broadcast.start();
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Platform platform(Topics topics) {
    String configured = setting.configuration().platform();
    Platform named = new Platform(configured == null ? topics.cluster() : configured);
    LOG.info("this is platform {}", named.name());
    return named;
  }

  private String client(String part) {
    return setting.instance() + "-" + part;
  }

  private <T extends AutoCloseable> T opened(T part) {
    open.push(part);
    return part;
  }

  private ScheduledExecutorService timer() {
    ScheduledExecutorService timer =
        Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name(KafkaWatch.THREAD).daemon().factory());
    open.push(timer::shutdownNow);
    return timer;
  }

  private Folds folds(Store store, Topics topics, List<Prepared> prepared) {
    Ring.Budget budget = new Ring.Budget(setting.configuration().ringBytes(), foldThread);
    setting.registry().gauge("tailwater.core.ring.bytes", budget, Ring.Budget::used);
    setting.registry().gauge("tailwater.core.waiting", waiting);
    size("disk", store, Store::diskBytes);
    size("memory", store, Store::memoryBytes);
    size("budget", store, Store::budgetBytes);
    setting
        .registry()
        .gauge("tailwater.core.lag.seconds", readiness, ready -> ready.lag().toMillis() / 1000.0);
    List<Of> namespaces = new ArrayList<>();
    for (Prepared each : prepared) {
      Namespace namespace = each.namespace();
      long[] earliest = earliest(topics, namespace);
      FoldMetrics metrics = new FoldMetrics(setting.registry(), namespace.name());
      List<PartitionFold> partitions = new ArrayList<>();
      for (int i = 0; i < namespace.partitions(); i++) {
        Progress fresh = Progress.begin(each.topicId(), namespace.partitions(), earliest[i]);
        Progress progress = resume(store, namespace, new Keys(namespace.name(), i), fresh);
        Ring ring = new Ring(budget, progress.through());
        Passage passage =
            new Passage(
                setting.executor(), waiting, setting.configuration().waiting(), progress.through());
        partitions.add(
            new PartitionFold(namespace, i, progress, store, metrics, nanoClock, ring, passage));
      }
      namespaces.add(new Of(namespace, partitions));
    }
    return new Folds(namespaces);
  }

  private void size(String where, Store store, ToDoubleFunction<Store> bytes) {
    Gauge.builder("tailwater.core.store", store, bytes)
        .description("bytes of the derived state")
        .baseUnit("bytes")
        .tag("where", where)
        .register(setting.registry());
  }

  private static long[] earliest(Topics topics, Namespace namespace) {
    try {
      return topics.earliest(namespace).join();
    } catch (CompletionException e) {
      throw new ConfigurationException(
          "Kafka does not report where topic " + namespace.topicName() + " begins", e);
    }
  }

  /** The stored progress if it is of this topic; if not, the partition is folded again. */
  private static Progress resume(Store store, Namespace namespace, Keys keys, Progress fresh) {
    byte[] stored = store.get(keys.progress());
    if (stored != null && !rules(store, keys).equals(namespace.foldRules())) {
      LOG.warn("the rules of namespace {} have changed: it is folded again", namespace.name());
    } else if (stored != null) {
      Progress before = Progress.decode(stored);
      if (before.topicId().equals(fresh.topicId()) && before.partitions() == fresh.partitions()) {
        return before;
      }
      LOG.warn("a topic was recreated since the last run: it is folded from its beginning");
    }
    store.wipe(keys, fresh, namespace.foldRules());
    return fresh;
  }

  /** The rules by which a partition was folded; those of a store that has none are the oldest. */
  private static String rules(Store store, Keys keys) {
    byte[] stored = store.get(keys.rules());
    return stored == null ? "none" : new String(stored, StandardCharsets.UTF_8);
  }

  private Broadcast broadcast(SegmentSink sink) {
    Broadcast broadcast =
        opened(
            new Broadcast(
                setting
                    .kafka()
                    .member(client("broadcast"), setting.configuration().broadcastGroup()),
                setting.namespaces().stream().map(Namespace::topicName).toList(),
                readiness,
                sink));
    setting
        .registry()
        .gauge("tailwater.core.broadcast.partitions", broadcast, each -> each.mine().size());
    return broadcast;
  }

  private Publisher publisher(Store store, KafkaWatch watch) {
    CoreConfiguration configuration = setting.configuration();
    return opened(
        new Publisher(
            () ->
                setting
                    .kafka()
                    .producer(
                        client("publish"),
                        configuration.publishTimeout().minusSeconds(1),
                        2 * configuration.publishBytes()),
            folds,
            store,
            readiness,
            watch::suspect,
            new Publisher.Limits(configuration.publishTimeout(), configuration.publishBytes()),
            nanoClock,
            setting.registry()));
  }

  CoreConfiguration configuration() {
    return setting.configuration();
  }

  Topics topics() {
    return topics;
  }

  /** What the platform's keys and channels in Redis begin with. */
  Platform platform() {
    return platform;
  }

  List<Namespace> ephemeral() {
    return setting.ephemeral();
  }

  Readiness readiness() {
    return readiness;
  }

  Folds folds() {
    return folds;
  }

  Publisher publisher() {
    return publisher;
  }

  Reads reads() {
    return reads;
  }

  States states() {
    return states;
  }

  Follows follows() {
    return follows;
  }

  ReadPositions readPositions() {
    return readPositions;
  }

  /** How many partitions this instance broadcasts. */
  int broadcasts() {
    return broadcast.mine().size();
  }

  /** Refuses new calls and answers the waiting ones, so that the servers can stop at once. */
  void quiesce() {
    readiness.setClosing();
    folds.all().forEach(fold -> fold.passage().release());
  }

  /** Closes the parts in the reverse order of their opening; the store is one of the last. */
  @Override
  public void close() {
    readiness.setClosing();
    while (!open.isEmpty()) {
      try {
        open.pop().close();
      } catch (Exception e) {
        LOG.warn("closing a part of event-core failed", e);
      }
    }
  }
}
