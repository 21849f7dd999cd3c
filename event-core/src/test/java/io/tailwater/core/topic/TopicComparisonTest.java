package io.tailwater.core.topic;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.core.topic.TopicComparison.Difference;
import io.tailwater.service.DurationText;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class TopicComparisonTest {
  private static final Map<String, String> AS_CREATED =
      Map.of(
          "retention.ms", "604800000",
          "max.message.bytes", "1048588",
          "min.insync.replicas", "1",
          "unclean.leader.election.enable", "false",
          "message.timestamp.type", "LogAppendTime");

  @Test
  void aTopicThatWasCreatedForItsNamespaceDiffersInNothing() {
    assertThat(compare(Duration.ofDays(7), 1, Map.of()).differences()).isEmpty();
  }

  @Test
  void anotherRetentionIsNamedWithBothValues() {
    assertThat(compare(Duration.ofDays(1), 1, Map.of()).warnings())
        .containsExactly(
            "topic demo: tailwater.namespaces.demo.retention should be 1d, and the topic has 7d: the topic"
                + " keeps its own retention; tailwater.namespaces.demo.apply: true changes the topic");
    assertThat(compare(Duration.ofDays(1), 1, Map.of("retention.ms", "-1")).differences())
        .extracting(Difference::actual)
        .containsExactly("unlimited");
  }

  @Test
  void aRetentionThatIsNotConfiguredIsTheTopicsOwn() {
    assertThat(compare(null, 1, Map.of("retention.ms", "86400000")).differences()).isEmpty();
  }

  @Test
  void whatWeakensTheGuaranteesIsNamed() {
    Map<String, String> weak =
        Map.of(
            "retention.ms", "60000",
            "max.message.bytes", "1000",
            "unclean.leader.election.enable", "true",
            "message.timestamp.type", "CreateTime");
    assertThat(compare(null, 3, weak).differences())
        .extracting(Difference::setting)
        .containsExactly(
            "tailwater.namespaces.demo.idempotency-window",
            "tailwater.namespaces.demo.max-event-bytes",
            "min.insync.replicas",
            "unclean.leader.election.enable",
            "message.timestamp.type");
  }

  private static TopicComparison compare(
      @Nullable Duration retention, int replicas, Map<String, String> changed) {
    Namespace namespace =
        Rules.USUAL.retention(retention == null ? null : DurationText.of(retention)).namespace();
    Map<String, String> topic = new TreeMap<>(AS_CREATED);
    topic.putAll(changed);
    return TopicComparison.of(namespace, replicas, replicas, key -> topic.getOrDefault(key, ""));
  }
}
