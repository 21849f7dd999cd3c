package io.tailwater.contract;

/**
 * How far one channel has been delivered: the partition offset through which a reader has
 * everything, in one incarnation of the topic. An event's id is the position after it. Its text,
 * {@code epoch-offset}, is opaque to clients.
 *
 * @param epoch the incarnation; offsets of different epochs are not comparable
 * @param offset a Kafka offset of at most 18 digits, or -1: before the first one
 */
public record Position(Epoch epoch, long offset) {
  /** Before the first offset of a partition. */
  public static final long BEFORE_FIRST = -1;

  /** The one position of every ephemeral channel, {@code e--1}. */
  public static final Position EPHEMERAL = new Position(Epoch.EPHEMERAL, BEFORE_FIRST);

  private static final int MAX_DIGITS = 18;
  private static final long MAX_OFFSET = 999_999_999_999_999_999L;

  public Position {
    if (offset < BEFORE_FIRST || offset > MAX_OFFSET) {
      throw new IllegalArgumentException("an offset is -1 to 10^18 - 1, not " + offset);
    }
  }

  /**
   * Reads {@code epoch-offset}, e.g. {@code k3Zq-1042} or {@code k3Zq--1}.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static Position parse(String text) {
    int dash = text.indexOf('-');
    if (dash < 1
        || !Epoch.isEpoch(text.substring(0, dash))
        || !isOffset(text.substring(dash + 1))) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "this is no position: hand back an event's id or a position as it was given, for instance k3Zq-1042");
    }
    return new Position(
        new Epoch(text.substring(0, dash)), Long.parseLong(text.substring(dash + 1)));
  }

  private static boolean isOffset(String text) {
    if (text.equals("-1")) {
      return true;
    }
    boolean digits =
        !text.isEmpty()
            && text.length() <= MAX_DIGITS
            && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits && (text.length() == 1 || text.charAt(0) != '0');
  }

  @Override
  public String toString() {
    return epoch + "-" + offset;
  }
}
