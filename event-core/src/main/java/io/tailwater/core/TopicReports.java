package io.tailwater.core;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.SkippedRecords;
import io.tailwater.contract.v1.TopicDifference;
import io.tailwater.contract.v1.TopicReport;
import io.tailwater.contract.v1.TopicsPage;
import io.tailwater.core.fold.FoldMetrics;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.TopicComparison;
import io.tailwater.core.topic.Topics;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;

/** Stateless: reports namespaces beside their topics, as Kafka has them now. */
final class TopicReports {
  private TopicReports() {}

  /** A report of each namespace; done once Kafka has answered for all of them. */
  static CompletableFuture<TopicsPage> of(
      Topics topics, Collection<Folds.Of> durable, List<Namespace> ephemeral) {
    List<CompletableFuture<TopicReport>> reports = new ArrayList<>();
    for (Folds.Of each : durable) {
      TopicReport.Builder report =
          TopicReport.newBuilder()
              .setNamespace(each.namespace().toMessage(each.epoch()))
              .addAllSkipped(each.skipped().stream().map(TopicReports::skipped).toList());
      reports.add(
          topics
              .compare(each.namespace())
              .handle(
                  (compared, failure) ->
                      failure == null
                          ? compared(report, compared)
                          : report.setProblem("Kafka does not describe this topic now").build()));
    }
    for (Namespace each : ephemeral) {
      reports.add(
          CompletableFuture.completedFuture(
              TopicReport.newBuilder()
                  .setNamespace(each.toMessage(Epoch.EPHEMERAL.text()))
                  .build()));
    }
    return CompletableFuture.allOf(reports.toArray(CompletableFuture[]::new))
        .thenApply(
            done ->
                TopicsPage.newBuilder()
                    .addAllTopics(reports.stream().map(CompletableFuture::join).toList())
                    .build());
  }

  private static SkippedRecords skipped(FoldMetrics.Skipped skipped) {
    return SkippedRecords.newBuilder()
        .setReason(skipped.reason().name().toLowerCase(Locale.ROOT))
        .setRecords(skipped.records())
        .setWarning(skipped.warning())
        .build();
  }

  private static TopicReport compared(TopicReport.Builder report, TopicComparison compared) {
    report.setRetentionMs(compared.retentionMs()).setReplicas(compared.replicas());
    for (TopicComparison.Difference each : compared.differences()) {
      report.addDifferences(
          TopicDifference.newBuilder()
              .setSetting(each.setting())
              .setConfigured(each.wanted())
              .setActual(each.actual())
              .setConsequence(each.consequence())
              .setApplicable(each.remedy() != null));
    }
    return report.build();
  }
}
