package io.tailwater.core.topic;

import io.tailwater.contract.v1.StateKind;
import io.tailwater.service.DurationText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.apache.kafka.common.config.TopicConfig;
import org.jspecify.annotations.Nullable;

/**
 * A namespace as it is configured, compared with its Kafka topic as it is. Immutable.
 *
 * @param namespace the namespace's name
 * @param topic the topic's name
 * @param retentionMs how long the topic keeps its records; negative for ever
 * @param replicas how many replicas it has
 * @param differences what differs; empty if nothing does
 */
public record TopicComparison(
    String namespace, String topic, long retentionMs, int replicas, List<Difference> differences) {
  /** How far ahead of the broker's clock a record of a topic with state may be, milliseconds. */
  static final String MAX_AHEAD_MS = "300000";

  /** With this many replicas, two of them can be required to acknowledge. */
  private static final int ENOUGH_REPLICAS = 3;

  /** Room for a record's key and headers beside its event's data. */
  private static final int RECORD_OVERHEAD_BYTES = 4096;

  /**
   * One difference.
   *
   * @param setting the setting of the namespace or the topic
   * @param wanted what is configured, or what the guarantees need
   * @param actual what the topic has
   * @param consequence what follows from it
   * @param remedy what in Kafka's configuration of the topic would remove it; null if nothing there
   */
  public record Difference(
      String setting, String wanted, String actual, String consequence, @Nullable Remedy remedy) {}

  /** A setting of a topic in Kafka's configuration, with the value that it should have. */
  public record Remedy(String name, String value) {}

  /**
   * Compares them.
   *
   * @param replicas how many replicas the topic has
   * @param possible how many the cluster allows for
   * @param topicValue the topic's value of a setting in Kafka's configuration; empty if it has none
   */
  static TopicComparison of(
      Namespace namespace, int replicas, int possible, UnaryOperator<String> topicValue) {
    List<Difference> found = new ArrayList<>();
    long retentionMs = Long.parseLong(topicValue.apply(TopicConfig.RETENTION_MS_CONFIG));
    retention(namespace, retentionMs, found);
    long bytes = Long.parseLong(topicValue.apply(TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
    if (bytes < namespace.maxEventBytes() + RECORD_OVERHEAD_BYTES) {
      found.add(
          new Difference(
              setting(namespace, "max-event-bytes"),
              Integer.toString(namespace.maxEventBytes()),
              TopicConfig.MAX_MESSAGE_BYTES_CONFIG + " " + bytes,
              "Kafka refuses the largest events",
              new Remedy(
                  TopicConfig.MAX_MESSAGE_BYTES_CONFIG,
                  Integer.toString(namespace.maxEventBytes() + RECORD_OVERHEAD_BYTES))));
    }
    if (replicas < possible) {
      found.add(
          new Difference(
              "replicas",
              Integer.toString(possible),
              Integer.toString(replicas),
              "events are lost with fewer brokers than need be",
              null));
    }
    String inSync = topicValue.apply(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    if (replicas >= ENOUGH_REPLICAS && inSync.equals("1")) {
      found.add(
          new Difference(
              TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
              "2",
              inSync,
              "an acknowledged event can be lost with one broker",
              new Remedy(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG, "2")));
    }
    compare(
        TopicConfig.UNCLEAN_LEADER_ELECTION_ENABLE_CONFIG,
        "false",
        topicValue,
        "acknowledged events can be lost",
        found);
    compare(
        TopicConfig.MESSAGE_TIMESTAMP_TYPE_CONFIG,
        "LogAppendTime",
        topicValue,
        "idempotency windows depend on the clocks of producers",
        found);
    if (namespace.isForever()) {
      compare(
          TopicConfig.RETENTION_BYTES_CONFIG,
          "-1",
          topicValue,
          "the topic removes its oldest records",
          found);
    }
    if (namespace.stateKind() == StateKind.STATE_MAP) {
      compare(
          TopicConfig.MESSAGE_TIMESTAMP_AFTER_MAX_MS_CONFIG,
          MAX_AHEAD_MS,
          topicValue,
          "a producer's clock that is far ahead makes keys be forgotten early",
          found);
    }
    return new TopicComparison(
        namespace.name(), namespace.topicName(), retentionMs, replicas, List.copyOf(found));
  }

  private static void retention(Namespace namespace, long actualMs, List<Difference> found) {
    String actual = actualMs < 0 ? "unlimited" : DurationText.of(Duration.ofMillis(actualMs));
    boolean configured = namespace.retention() != null;
    long wanted = namespace.createdRetentionMs();
    if (configured && wanted != actualMs && !(wanted < 0 && actualMs < 0)) {
      found.add(
          new Difference(
              setting(namespace, "retention"),
              wanted < 0 ? "forever" : DurationText.of(Duration.ofMillis(wanted)),
              actual,
              "the topic keeps its own retention",
              new Remedy(TopicConfig.RETENTION_MS_CONFIG, Long.toString(wanted))));
    }
    if (actualMs >= 0 && actualMs < namespace.windowMs()) {
      found.add(
          new Difference(
              setting(namespace, "idempotency-window"),
              DurationText.of(Duration.ofMillis(namespace.windowMs())),
              "retention " + actual,
              "keys are remembered for the shorter time only",
              null));
    }
  }

  private static void compare(
      String setting,
      String wanted,
      UnaryOperator<String> topicValue,
      String consequence,
      List<Difference> found) {
    String actual = topicValue.apply(setting);
    if (!actual.equals(wanted)) {
      found.add(new Difference(setting, wanted, actual, consequence, new Remedy(setting, wanted)));
    }
  }

  private static String setting(Namespace namespace, String key) {
    return Namespace.PREFIX + "." + namespace.name() + "." + key;
  }

  /** What would remove the differences, as far as the topic's configuration can. */
  List<Remedy> remedies() {
    return differences.stream()
        .map(Difference::remedy)
        .flatMap(Stream::ofNullable)
        .map(Objects::requireNonNull)
        .toList();
  }

  /** A sentence for each difference, with both values. */
  public List<String> warnings() {
    return differences.stream().map(this::warning).toList();
  }

  private String warning(Difference difference) {
    String sentence =
        "topic %s: %s should be %s, and the topic has %s: %s"
            .formatted(
                topic,
                difference.setting(),
                difference.wanted(),
                difference.actual(),
                difference.consequence());
    return difference.remedy() == null
        ? sentence
        : sentence + "; tailwater.namespaces." + namespace + ".apply: true changes the topic";
  }
}
