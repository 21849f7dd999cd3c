package io.tailwater.core;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The folds of all partitions, by namespace. Immutable, but for what is pending. */
final class Folds {
  /**
   * The partitions of one namespace.
   *
   * @param namespace its rules
   * @param folds by partition
   * @param renewal the id of a topic that has taken this one's place; set by any thread, taken by
   *     the fold thread
   */
  record Of(
      Namespace namespace, List<PartitionFold> folds, AtomicReference<@Nullable String> renewal) {
    Of(Namespace namespace, List<PartitionFold> folds) {
      this(namespace, List.copyOf(folds), new AtomicReference<>());
    }

    /** The epoch that the fold is in. */
    String epoch() {
      return folds.getFirst().head().epoch();
    }
  }

  private final Map<String, Of> byName = new LinkedHashMap<>();
  private final Map<TopicPartition, PartitionFold> byPartition = new LinkedHashMap<>();

  Folds(List<Of> namespaces) {
    for (Of each : namespaces) {
      byName.put(each.namespace().name(), each);
      for (PartitionFold fold : each.folds()) {
        byPartition.put(fold.partition(), fold);
      }
    }
  }

  Collection<Of> namespaces() {
    return byName.values();
  }

  Collection<PartitionFold> all() {
    return byPartition.values();
  }

  /**
   * A namespace by its name.
   *
   * @throws RequestException {@code not_found}
   */
  Of namespace(String name) {
    Of found = byName.get(name);
    if (found == null) {
      throw new RequestException(ErrorCode.NOT_FOUND, "there is no namespace '" + name + "'");
    }
    return found;
  }

  PartitionFold of(TopicPartition partition) {
    PartitionFold found = byPartition.get(partition);
    if (found == null) {
      throw new IllegalArgumentException(partition + " is not folded here");
    }
    return found;
  }
}
