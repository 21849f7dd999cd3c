package io.tailwater.core.topic;

import static java.util.Objects.requireNonNull;

import io.micronaut.context.exceptions.ConfigurationException;
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
   * Waits for Kafka and creates the missing topics.
   *
   * @return the id of each namespace's topic, by the namespace's name
   * @throws ConfigurationException if Kafka does not answer, or a topic contradicts the
   *     configuration
   */
  public Map<String, String> prepare(
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

  private Map<String, String> prepare(List<Namespace> namespaces) throws TimeoutException {
    int replicas =
        Math.min(USUAL_REPLICAS, get(admin.describeCluster().nodes().toCompletionStage()).size());
    Map<String, String> ids = new HashMap<>();
    for (Namespace namespace : namespaces) {
      ids.put(namespace.name(), prepare(namespace, replicas));
    }
    return ids;
  }

  private String prepare(Namespace namespace, int replicas) throws TimeoutException {
    TopicDescription description;
    try {
      description = describe(namespace);
    } catch (UnknownTopicOrPartitionException e) {
      create(namespace, replicas);
      description = describe(namespace);
    }
    String contradiction = contradiction(namespace, description.partitions().size());
    if (contradiction == null) {
      contradiction = refusal(namespace, description, replicas, config(namespace));
    }
    if (contradiction != null) {
      throw new ConfigurationException(contradiction);
    }
    return description.topicId().toString();
  }

  private TopicDescription describe(Namespace namespace) throws TimeoutException {
    String topic = namespace.topicName();
    return get(description(topic));
  }

  private void create(Namespace namespace, int replicas) throws TimeoutException {
    Map<String, String> config = new HashMap<>();
    config.put(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_DELETE);
    config.put(TopicConfig.RETENTION_MS_CONFIG, Long.toString(namespace.retention().toMillis()));
    config.put(TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG, "LogAppendTime");
    config.put(TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG, "false");
    config.put(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, replicas >= USUAL_REPLICAS ? "2" : "1");
    NewTopic topic =
        new NewTopic(namespace.topicName(), namespace.partitions(), (short) replicas)
            .configs(config);
    try {
      get(admin.createTopics(List.of(topic)).all().toCompletionStage());
      LOG.info(
          "created topic {} with {} partitions", namespace.topicName(), namespace.partitions());
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

  private static @Nullable String refusal(
      Namespace namespace, TopicDescription description, int possible, Config config) {
    if (value(config, TopicConfig.CLEANUP_POLICY_CONFIG).contains("compact")) {
      return compacted(namespace);
    }
    int replicas = description.partitions().getFirst().replicas().size();
    if (replicas < possible) {
      LOG.warn(
          "topic {} has {} replicas, and {} are possible",
          namespace.topicName(),
          replicas,
          possible);
    }
    String replicated = value(config, TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    if (replicas >= USUAL_REPLICAS && replicated.equals("1")) {
      LOG.warn(
          "topic {} has min.insync.replicas 1: acknowledged events may be lost with one broker",
          namespace.topicName());
    }
    if (value(config, TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG).equals("true")) {
      LOG.warn(
          "topic {} allows unclean leader election: acknowledged events may be lost",
          namespace.topicName());
    }
    if (!value(config, TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG).equals("LogAppendTime")) {
      LOG.warn(
          "topic {} has timestamps of its producers: idempotency windows depend on their clocks",
          namespace.topicName());
    }
    long retention = Long.parseLong(value(config, TopicConfig.RETENTION_MS_CONFIG));
    if (retention >= 0 && retention < namespace.windowMs()) {
      LOG.warn(
          "topic {} has a retention that is shorter than the namespace's idempotency window",
          namespace.topicName());
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
