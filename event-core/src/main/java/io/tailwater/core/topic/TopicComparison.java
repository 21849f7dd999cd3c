package io.tailwater.core.topic;

import io.tailwater.service.DurationText;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.apache.kafka.common.config.TopicConfig;

/**
 * A namespace as it is configured, compared with its Kafka topic as it is. Immutable.
 *
 * @param namespace the namespace's name
 * @param topic the topic's name
 * @param differences what differs; empty if nothing does
 */
public record TopicComparison(String namespace, String topic, List<Difference> differences) {
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
   */
  public record Difference(String setting, String wanted, String actual, String consequence) {}

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
    retention(namespace, Long.parseLong(topicValue.apply(TopicConfig.RETENTION_MS_CONFIG)), found);
    long bytes = Long.parseLong(topicValue.apply(TopicConfig.MAX_MESSAGE_BYTES_CONFIG));
    if (bytes < namespace.maxEventBytes() + RECORD_OVERHEAD_BYTES) {
      found.add(
          new Difference(
              setting(namespace, "max-event-bytes"),
              Integer.toString(namespace.maxEventBytes()),
              TopicConfig.MAX_MESSAGE_BYTES_CONFIG + " " + bytes,
              "Kafka refuses the largest events"));
    }
    if (replicas < possible) {
      found.add(
          new Difference(
              "replicas",
              Integer.toString(possible),
              Integer.toString(replicas),
              "events are lost with fewer brokers than need be"));
    }
    String inSync = topicValue.apply(TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG);
    if (replicas >= ENOUGH_REPLICAS && inSync.equals("1")) {
      found.add(
          new Difference(
              TopicConfig.MIN_IN_SYNC_REPLICAS_CONFIG,
              "2",
              inSync,
              "an acknowledged event can be lost with one broker"));
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
    return new TopicComparison(namespace.name(), namespace.topicName(), List.copyOf(found));
  }

  private static void retention(Namespace namespace, long actualMs, List<Difference> found) {
    String actual = actualMs < 0 ? "unlimited" : DurationText.of(Duration.ofMillis(actualMs));
    Duration wanted = namespace.retention();
    if (wanted != null && wanted.toMillis() != actualMs) {
      found.add(
          new Difference(
              setting(namespace, "retention"),
              DurationText.of(wanted),
              actual,
              "the topic keeps its own retention"));
    }
    if (actualMs >= 0 && actualMs < namespace.windowMs()) {
      found.add(
          new Difference(
              setting(namespace, "idempotency-window"),
              DurationText.of(Duration.ofMillis(namespace.windowMs())),
              "retention " + actual,
              "keys are remembered for the shorter time only"));
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
      found.add(new Difference(setting, wanted, actual, consequence));
    }
  }

  private static String setting(Namespace namespace, String key) {
    return Namespace.PREFIX + "." + namespace.name() + "." + key;
  }

  /** A sentence for each difference, with both values. */
  public List<String> warnings() {
    return differences.stream()
        .map(
            each ->
                "topic %s: %s should be %s, and the topic has %s: %s"
                    .formatted(
                        topic, each.setting(), each.wanted(), each.actual(), each.consequence()))
        .toList();
  }
}
