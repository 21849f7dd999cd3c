package io.tailwater.core.topic;

import static java.util.Objects.requireNonNull;

import io.micronaut.context.exceptions.ConfigurationException;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.core.topic.TopicComparison.Remedy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for any thread: the namespaces' topics in Kafka. Missing topics are created, topics that
 * contradict the configuration are refused, and Kafka is asked for their ends.
 */
public final class Topics {
  private static final Logger LOG = LoggerFactory.getLogger(Topics.class);
  private static final int USUAL_REPLICAS = 3;
  private static final long ASK_SECONDS = 5;
  private static final ListOffsetsOptions COMMITTED =
      new ListOffsetsOptions(IsolationLevel.READ_COMMITTED);

  /**
   * Immutable: a topic at one moment.
   *
   * @param topicId of its incarnation
   * @param partitions how many it has
   * @param ends the committed end of each configured partition: the next offset to be written, or
   *     that of the first open transaction; read before the id, so they are of no later incarnation
   */
  public record Ends(String topicId, int partitions, long[] ends) {}

  private final Admin admin;

  /** The topics of one Kafka; the caller closes the client. */
  public Topics(Admin admin) {
    this.admin = admin;
  }

  /**
   * A namespace whose topic exists.
   *
   * @param namespace its rules, with the topic's partition count
   * @param topicId of the topic's incarnation
   * @param comparison what is configured against what the topic has
   */
  public record Prepared(Namespace namespace, String topicId, TopicComparison comparison) {}

  /**
   * Waits for Kafka, creates the topics that are missing, and warns of differences between the
   * configuration and the topics that exist.
   *
   * @return the namespaces in their order
   * @throws ConfigurationException if Kafka does not answer, or a topic contradicts the
   *     configuration
   */
  public List<Prepared> prepare(
      List<Namespace> namespaces, Duration patience, LongSupplier nanoClock, String servers) {
    long deadline = nanoClock.getAsLong() + patience.toNanos();
    while (true) {
      try {
        return prepare(namespaces);
      } catch (TimeoutException | RetriableException e) {
        if (nanoClock.getAsLong() - deadline > 0) {
          throw new ConfigurationException(
              "Kafka at " + servers + " does not answer: " + e.getMessage(), e);
        }
      }
    }
  }

  /**
   * The id of the Kafka cluster.
   *
   * @throws ConfigurationException if Kafka does not return one
   */
  public String cluster() {
    try {
      return requireNonNull(get(admin.describeCluster().clusterId().toCompletionStage()));
    } catch (TimeoutException | ApiException | NullPointerException e) {
      throw new ConfigurationException(
          "Kafka does not return the id of its cluster: set tailwater.core.platform", e);
    }
  }

  private List<Prepared> prepare(List<Namespace> namespaces) throws TimeoutException {
    int replicas =
        Math.min(USUAL_REPLICAS, get(admin.describeCluster().nodes().toCompletionStage()).size());
    List<Prepared> prepared = new ArrayList<>();
    for (Namespace namespace : namespaces) {
      prepared.add(prepare(namespace, replicas));
    }
    prepared.forEach(
        each -> each.comparison().warnings().forEach(warning -> LOG.warn("{}", warning)));
    return List.copyOf(prepared);
  }

  private Prepared prepare(Namespace namespace, int replicas) throws TimeoutException {
    TopicDescription description;
    try {
      description = describe(namespace);
    } catch (UnknownTopicOrPartitionException e) {
      create(namespace, replicas);
      description = describe(namespace);
    }
    int partitions = description.partitions().size();
    if (namespace.partitions() != 0) {
      String contradiction = contradiction(namespace, partitions);
      if (contradiction != null) {
        throw new ConfigurationException(contradiction);
      }
    }
    Config config = config(namespace);
    if (value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains("compact")) {
      throw new ConfigurationException(compacted(namespace));
    }
    TopicComparison comparison = compared(namespace, description, config, replicas);
    if (namespace.apply() && !comparison.remedies().isEmpty()) {
      apply(namespace, comparison.remedies());
      comparison = compared(namespace, description, config(namespace), replicas);
    } else if (!namespace.apply()) {
      String forgetting = forgetting(namespace, config);
      if (forgetting != null) {
        throw new ConfigurationException(forgetting);
      }
    }
    return new Prepared(
        namespace.withPartitions(partitions), description.topicId().toString(), comparison);
  }

  private static TopicComparison compared(
      Namespace namespace, TopicDescription description, Config config, int possible) {
    return TopicComparison.of(
        namespace,
        description.partitions().getFirst().replicas().size(),
        possible,
        key -> value(config, key));
  }

  private void apply(Namespace namespace, List<Remedy> remedies) throws TimeoutException {
    List<AlterConfigOp> changes =
        remedies.stream()
            .map(each -> new ConfigEntry(each.name(), each.value()))
            .map(entry -> new AlterConfigOp(entry, AlterConfigOp.OpType.SET))
            .toList();
    get(
        admin
            .incrementalAlterConfigs(Map.of(resource(namespace), changes))
            .all()
            .toCompletionStage());
    remedies.forEach(
        each ->
            LOG.info("topic {}: set {} to {}", namespace.topicName(), each.name(), each.value()));
  }

  /** Compares a namespace with its topic as it is now. */
  public CompletableFuture<TopicComparison> compare(Namespace namespace) {
    CompletableFuture<Integer> possible =
        admin
            .describeCluster()
            .nodes()
            .toCompletionStage()
            .toCompletableFuture()
            .thenApply(nodes -> Math.min(USUAL_REPLICAS, nodes.size()));
    return description(namespace.topicName())
        .toCompletableFuture()
        .thenCombine(possible, Map::entry)
        .thenCombine(
            configuration(resource(namespace)),
            (topic, config) -> compared(namespace, topic.getKey(), config, topic.getValue()));
  }

  private TopicDescription describe(Namespace namespace) throws TimeoutException {
    String topic = namespace.topicName();
    return get(description(topic));
  }

  private void create(Namespace namespace, int replicas) throws TimeoutException {
    Map<String, String> config = new HashMap<>();
    config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
    config.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(namespace.createdRetentionMs()));
    if (namespace.stateKind() == StateKind.STATE_MAP) {
      config.put(TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG, TopicComparison.MAX_AHEAD_MS);
    }
    config.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    config.put(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false");
    config.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, replicas >= USUAL_REPLICAS ? "2" : "1");
    int partitions =
        namespace.partitions() == 0 ? Namespace.USUAL_PARTITIONS : namespace.partitions();
    NewTopic topic =
        new NewTopic(namespace.topicName(), partitions, (short) replicas).configs(config);
    try {
      get(admin.createTopics(List.of(topic)).all().toCompletionStage());
      LOG.info("created topic {} with {} partitions", namespace.topicName(), partitions);
    } catch (TopicExistsException e) {
      // Another instance was first.
    }
  }

  /** Why a topic with this many partitions is refused, or null. */
  public static @Nullable String contradiction(Namespace namespace, int partitions) {
    if (partitions == namespace.partitions()) {
      return null;
    }
    return "topic %s has %d partitions, and tailwater.namespaces.%s.partitions is %d: set it to %d, or recreate the topic"
        .formatted(
            namespace.topicName(),
            partitions,
            namespace.name(),
            namespace.partitions(),
            partitions);
  }

  /** Why a topic that removes records is refused for a state that must not expire, or null. */
  private static @Nullable String forgetting(Namespace namespace, Config config) {
    if (!namespace.isForever() || namespace.stateKind() != StateKind.STATE_MAP) {
      return null;
    }
    for (String limit :
        List.of(TopicConfig.RETENTION_MS_CONFIG, TopicConfig.RETENTION_BYTES_CONFIG)) {
      if (!value(config, limit).equals("-1")) {
        return "topic %s has %s %s, and tailwater.namespaces.%s.retention is forever: set it to -1, or let tailwater.namespaces.%s.apply: true do that"
            .formatted(
                namespace.topicName(),
                limit,
                value(config, limit),
                namespace.name(),
                namespace.name());
      }
    }
    return null;
  }

  private static String compacted(Namespace namespace) {
    return "topic %s is compacted, which removes events from the middle of channels: set its cleanup.policy to delete"
        .formatted(namespace.topicName());
  }

  private Config config(Namespace namespace) throws TimeoutException {
    ConfigResource resource = resource(namespace);
    return get(configuration(resource));
  }

  /** Completes with why the topic is refused for its cleanup policy, or null. */
  public CompletableFuture<@Nullable String> compaction(Namespace namespace) {
    ConfigResource resource = resource(namespace);
    return configuration(resource)
        .toCompletableFuture()
        .thenApply(
            config ->
                value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains("compact")
                    ? compacted(namespace)
                    : null);
  }

  private static ConfigResource resource(Namespace namespace) {
    return new ConfigResource(ConfigResource.Type.TOPIC, namespace.topicName());
  }

  private static String value(Config config, String name) {
    ConfigEntry entry = config.get(name);
    return entry == null || entry.value() == null ? "" : entry.value();
  }

  /** Asks for the ends of a topic's partitions, and then for its id. */
  public CompletableFuture<Ends> ends(Namespace namespace) {
    return offsets(namespace, OffsetSpec.latest())
        // Kafka does not answer the question above for a missing topic.
        .exceptionallyCompose(
            silence ->
                description(namespace.topicName())
                    .thenCompose(there -> CompletableFuture.failedFuture(silence)))
        .thenCompose(
            ends ->
                description(namespace.topicName())
                    .thenApply(
                        topic ->
                            new Ends(topic.topicId().toString(), topic.partitions().size(), ends)));
  }

  /** Asks for the first retained offsets. */
  public CompletableFuture<long[]> earliest(Namespace namespace) {
    return offsets(namespace, OffsetSpec.earliest());
  }

  /** Asks for the first offset whose record is not older than a time; -1 if there is none. */
  public CompletableFuture<Long> since(TopicPartition partition, long timeMs) {
    return admin
        .listOffsets(Map.of(partition, OffsetSpec.forTimestamp(timeMs)), COMMITTED)
        .partitionResult(partition)
        .toCompletionStage()
        .toCompletableFuture()
        .thenApply(ListOffsetsResultInfo::offset);
  }

  private CompletableFuture<long[]> offsets(Namespace namespace, OffsetSpec which) {
    Map<TopicPartition, OffsetSpec> asked = new HashMap<>();
    for (TopicPartition partition : partitions(namespace)) {
      asked.put(partition, which);
    }
    return admin
        .listOffsets(asked, COMMITTED)
        .all()
        .toCompletionStage()
        .toCompletableFuture()
        .thenApply(
            found ->
                partitions(namespace).stream()
                    .mapToLong(partition -> requireNonNull(found.get(partition)).offset())
                    .toArray());
  }

  private static List<TopicPartition> partitions(Namespace namespace) {
    List<TopicPartition> partitions = new ArrayList<>();
    for (int i = 0; i < namespace.partitions(); i++) {
      partitions.add(new TopicPartition(namespace.topicName(), i));
    }
    return partitions;
  }

  private CompletionStage<TopicDescription> description(String topic) {
    return requireNonNull(admin.describeTopics(List.of(topic)).topicNameValues().get(topic))
        .toCompletionStage();
  }

  private CompletionStage<Config> configuration(ConfigResource resource) {
    return requireNonNull(admin.describeConfigs(List.of(resource)).values().get(resource))
        .toCompletionStage();
  }

  private static <T> T get(CompletionStage<T> stage) throws TimeoutException {
    try {
      return stage.toCompletableFuture().get(ASK_SECONDS, TimeUnit.SECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof ApiException kafka) {
        throw kafka;
      }
      throw new ConfigurationException("Kafka refused: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ConfigurationException("interrupted while waiting for Kafka", e);
    }
  }
}
