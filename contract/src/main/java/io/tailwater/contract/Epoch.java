package io.tailwater.contract;

import java.nio.ByteBuffer;
import java.util.regex.Pattern;

/**
 * Identity of one incarnation of a topic, so that a topic that was made again or repartitioned is
 * never mistaken for the old one.
 *
 * @param text 1 to 16 letters and digits
 */
public record Epoch(String text) {
  private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9]{1,16}");
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final int LENGTH = 6;

  /** Of channels that no log stands behind; shorter than that of any topic. */
  public static final Epoch EPHEMERAL = new Epoch("e");

  public Epoch {
    if (!isEpoch(text)) {
      throw new IllegalArgumentException("an epoch is 1 to 16 letters and digits");
    }
  }

  /**
   * The epoch of a Kafka topic: 32 bits of a SHA-256 over its id and partition count, in base 62.
   */
  public static Epoch of(String topicId, int partitions) {
    ByteBuffer hash = ByteBuffer.wrap(Sha256.of(topicId + "/" + partitions));
    long rest = Integer.toUnsignedLong(hash.getInt());
    char[] text = new char[LENGTH];
    for (int i = LENGTH - 1; i >= 0; i--) {
      text[i] = DIGITS.charAt((int) (rest % DIGITS.length()));
      rest /= DIGITS.length();
    }
    return new Epoch(new String(text));
  }

  /** Whether it is {@link #EPHEMERAL}. */
  public boolean isEphemeral() {
    return equals(EPHEMERAL);
  }

  static boolean isEpoch(String text) {
    return TEXT.matcher(text).matches();
  }

  @Override
  public String toString() {
    return text;
  }
}
