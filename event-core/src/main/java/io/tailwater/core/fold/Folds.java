package io.tailwater.core.fold;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.core.topic.Namespace;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** Immutable, except pending renewals: the folds of all partitions, by namespace. */
public final class Folds {
  /**
   * Immutable, except the pending renewal: the partitions of one namespace.
   *
   * @param namespace its rules
   * @param folds by partition
   * @param renewal the id of the topic that has replaced this one; set by any thread, cleared by
   *     the fold thread or when the topic is the expected one
   */
  public record Of(
      Namespace namespace, List<PartitionFold> folds, AtomicReference<@Nullable String> renewal) {
    /** A namespace whose topic is the expected one. */
    public Of(Namespace namespace, List<PartitionFold> folds) {
      this(namespace, List.copyOf(folds), new AtomicReference<>());
    }

    /** The epoch of the topic that is being folded. */
    public String epoch() {
      return folds.getFirst().head().epoch();
    }

    /** Records of its topic that were skipped since the start, by reason. */
    public List<FoldMetrics.Skipped> skipped() {
      return folds.getFirst().skipped();
    }
  }

  private final Map<String, Of> byName = new LinkedHashMap<>();
  private final Map<TopicPartition, PartitionFold> byPartition = new LinkedHashMap<>();

  /** The folds of these namespaces. */
  public Folds(List<Of> namespaces) {
    for (Of each : namespaces) {
      byName.put(each.namespace().name(), each);
      for (PartitionFold fold : each.folds()) {
        byPartition.put(fold.partition(), fold);
      }
    }
  }

  /** All namespaces that have a topic. */
  public Collection<Of> namespaces() {
    return byName.values();
  }

  /** The folds of all partitions. */
  public Collection<PartitionFold> all() {
    return byPartition.values();
  }

  /**
   * A namespace by its name.
   *
   * @throws RequestException {@code not_found}
   */
  public Of namespace(String name) {
    Of found = byName.get(name);
    if (found == null) {
      throw new RequestException(ErrorCode.NOT_FOUND, "unknown namespace '" + name + "'");
    }
    return found;
  }

  /**
   * The fold of a partition.
   *
   * @throws IllegalArgumentException if the partition is of no namespace
   */
  PartitionFold of(TopicPartition partition) {
    PartitionFold found = byPartition.get(partition);
    if (found == null) {
      throw new IllegalArgumentException("unknown partition " + partition);
    }
    return found;
  }
}
