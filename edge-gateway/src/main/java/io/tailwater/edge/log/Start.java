package io.tailwater.edge.log;

import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import org.jspecify.annotations.Nullable;

/** Where a subscription begins. Immutable. */
public sealed interface Start {
  /**
   * The same for one partition of the namespace.
   *
   * @param partitions how many the namespace has
   */
  default Start in(int partition, int partitions) {
    return this;
  }

  /** After the newest event. */
  record Latest() implements Start {}

  /** Before the oldest event that the topic retains. */
  record Earliest() implements Start {}

  /** Before the newest {@code count} events, 1 to 1,000. */
  record Last(int count) implements Start {}

  /** Before the first event whose timestamp is this or later, milliseconds since the epoch. */
  record Since(long timeMs) implements Start {}

  /**
   * After what the subject has read, or after the newest event if that is not known. It becomes one
   * of the others before a subscription is opened.
   */
  record Ack() implements Start {}

  /** After a position, usually the last one that the client has. */
  record After(Position position) implements Start {}

  /** After a position of every partition, which a pattern was delivered through. */
  record AfterPartitions(PartitionPositions positions) implements Start {
    @Override
    public Start in(int partition, int partitions) {
      // Positions of another number of partitions are of another incarnation of the topic.
      return positions.partitions() == partitions
          ? new After(positions.get(partition))
          : new Unreadable();
    }
  }

  /**
   * A snapshot of the channel's state, and then the events after it.
   *
   * @param resumed where a client begins that has the state already, or a part of it; null for one
   *     that has nothing. It is given a snapshot if its position is not available
   */
  record State(@Nullable Start resumed) implements Start {
    @Override
    public Start in(int partition, int partitions) {
      return resumed == null ? this : new State(resumed.in(partition, partitions));
    }
  }

  /** In the middle of a snapshot; only as what a {@link State} resumes. */
  record Snapshot(SnapshotPoint point) implements Start {}

  /** From the earliest, because the client's position is unreadable; it is told so. */
  record Unreadable() implements Start {}
}
