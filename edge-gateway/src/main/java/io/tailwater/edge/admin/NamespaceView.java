package io.tailwater.edge.admin;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.SkippedRecords;
import io.tailwater.contract.v1.TopicDifference;
import io.tailwater.contract.v1.TopicReport;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A namespace beside its topic, as operators see it.
 *
 * @param topic null if it is ephemeral
 * @param retention_ms the topic's own; -1 for ever; null if it is not known
 * @param skipped since the event-core that answers has started
 * @param problem why the topic cannot be described; null if it can
 */
@Serdeable
@JsonInclude(JsonInclude.Include.ALWAYS)
record NamespaceView(
    String namespace,
    @Nullable String topic,
    int partitions,
    String partitioner,
    String data,
    int max_event_bytes,
    long idempotency_window_ms,
    boolean ephemeral,
    @Nullable Long retention_ms,
    @Nullable Integer replicas,
    List<Difference> differences,
    List<Skipped> skipped,
    @Nullable String problem) {

  /** What the topic has otherwise. */
  @Serdeable
  record Difference(
      String setting, String configured, String actual, String consequence, boolean applicable) {
    static Difference of(TopicDifference difference) {
      return new Difference(
          difference.getSetting(),
          difference.getConfigured(),
          difference.getActual(),
          difference.getConsequence(),
          difference.getApplicable());
    }
  }

  /** Records of the topic that are no events. */
  @Serdeable
  record Skipped(String reason, long records, String warning) {
    static Skipped of(SkippedRecords skipped) {
      return new Skipped(skipped.getReason(), skipped.getRecords(), skipped.getWarning());
    }
  }

  static NamespaceView of(TopicReport report) {
    Namespace namespace = report.getNamespace();
    boolean described = !namespace.getEphemeral() && report.getProblem().isEmpty();
    return new NamespaceView(
        namespace.getName(),
        namespace.getEphemeral() ? null : namespace.getTopic(),
        namespace.getPartitions(),
        namespace.getPartitioner().name().toLowerCase(Locale.ROOT),
        namespace.getData().name().toLowerCase(Locale.ROOT),
        namespace.getMaxEventBytes(),
        namespace.getIdempotencyWindowMs(),
        namespace.getEphemeral(),
        described ? report.getRetentionMs() : null,
        described ? report.getReplicas() : null,
        report.getDifferencesList().stream().map(Difference::of).toList(),
        report.getSkippedList().stream().map(Skipped::of).toList(),
        report.getProblem().isEmpty() ? null : report.getProblem());
  }
}
