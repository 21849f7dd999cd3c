package io.tailwater.core.state;

/**
 * How large a channel's state may become. The lower limits are judged when a publication is taken,
 * and may change. The fold's own are fixed, since a rebuild must decide as the first fold did.
 */
public final class StateLimits {
  /** Most entries of a channel, for a publication to be taken that adds one. */
  public static final long ENTRIES = 10_000;

  /** Most bytes of names and values of a channel, for a publication to be taken that adds some. */
  public static final long BYTES = 8L << 20;

  /** Most bytes of one set, for a publication to be taken that includes more. */
  public static final long SET_BYTES = 1L << 20;

  static final long FOLD_SET_BYTES = 2L << 20;
  private static final long FOLD_ENTRIES = 20_000;
  private static final long FOLD_BYTES = 32L << 20;

  private StateLimits() {}

  /** Whether the fold refuses to let a channel's state grow to this. */
  public static boolean isBeyondFold(long entries, long bytes) {
    return entries > FOLD_ENTRIES || bytes > FOLD_BYTES;
  }
}
