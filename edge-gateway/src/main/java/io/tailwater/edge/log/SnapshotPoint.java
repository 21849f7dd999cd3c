package io.tailwater.edge.log;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Position;
import org.jspecify.annotations.Nullable;

/**
 * How much of a snapshot was delivered: where its next block begins. Immutable.
 *
 * @param min the snapshot is of this position or a later one; null for any
 * @param next what the log has said about the next block; empty for the first one
 */
public record SnapshotPoint(@Nullable Position min, ByteString next) {
  /** Before the first block of a snapshot at or after a position. */
  public static SnapshotPoint begin(@Nullable Position min) {
    return new SnapshotPoint(min, ByteString.EMPTY);
  }

  boolean first() {
    return next.isEmpty();
  }

  SnapshotPoint after(StateBlock block) {
    return new SnapshotPoint(min, block.page().getNext());
  }
}
