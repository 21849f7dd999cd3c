package io.tailwater.core.state;

import io.tailwater.contract.Position;
import io.tailwater.contract.v1.EntryOp;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: what a record asks to do to an entry.
 *
 * @param entry the entry's name
 * @param expected what the entry must be
 * @param atMs the writer's clock, milliseconds since the epoch; {@link #NO_CLOCK} for none
 * @param seen for {@code exclude}: through where the writer has seen the channel; null for
 *     everything
 * @param malformed one of the record's headers cannot be read, so that it must not be applied
 */
public record EntryWrite(
    String entry,
    EntryOp op,
    Expected expected,
    long atMs,
    @Nullable Position seen,
    boolean malformed) {
  /** Stands for a writer that gave no clock. */
  public static final long NO_CLOCK = 0;

  /** Whether the writer gave its clock. */
  public boolean hasClock() {
    return atMs != NO_CLOCK;
  }

  /** Whether its key is remembered long, so that it may be published late and in any order. */
  public boolean isRememberedLong() {
    return hasClock() || isCommutative();
  }

  /** Whether it commutes with others of its kind. */
  public boolean isCommutative() {
    return op == EntryOp.ADD || op == EntryOp.INCLUDE || op == EntryOp.EXCLUDE;
  }
}
