package io.tailwater.ai.stream;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Sha256;
import java.math.BigInteger;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * The name of a generation, and the key of its channel.
 *
 * @param text 22 letters and digits: 131 bits, too many to guess
 */
public record StreamId(String text) {
  /** The namespace of the generations' channels. */
  public static final String NAMESPACE = "ai";

  private static final int LENGTH = 22;
  private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9]{" + LENGTH + "}");
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

  public StreamId {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("an id is " + LENGTH + " letters and digits");
    }
  }

  /** Reads an id; empty if the text is not one. */
  public static Optional<StreamId> parse(String text) {
    return TEXT.matcher(text).matches() ? Optional.of(new StreamId(text)) : Optional.empty();
  }

  /**
   * A new id.
   *
   * @param random must be unpredictable
   */
  public static StreamId random(RandomGenerator random) {
    return new StreamId(letters(random, LENGTH));
  }

  /**
   * The id for a creator's idempotency key, the same on every instance.
   *
   * @param key unguessable, or the id is not
   */
  public static StreamId derived(String creator, String key) {
    // The length keeps "a" with "bc" apart from "ab" with "c".
    byte[] hash = Sha256.of("tailwater-ai/" + creator.length() + "/" + creator + "/" + key);
    BigInteger rest = new BigInteger(1, hash);
    StringBuilder text = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      BigInteger[] division = rest.divideAndRemainder(BASE);
      text.append(DIGITS.charAt(division[1].intValue()));
      rest = division[0];
    }
    return new StreamId(text.toString());
  }

  /** Random letters and digits. */
  public static String letters(RandomGenerator random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return text.toString();
  }

  /** The channel of the generation. */
  public Channel channel() {
    return new Channel(NAMESPACE, text);
  }

  @Override
  public String toString() {
    return text;
  }
}
