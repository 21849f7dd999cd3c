package io.tailwater.ai;

import io.tailwater.contract.Channel;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Names a generation; the key of its channel.
 *
 * @param text 22 letters and digits: 131 bits, so that nobody finds one by guessing
 */
record StreamId(String text) {
  /** The namespace of the generations' channels. */
  static final String NAMESPACE = "ai";

  private static final int LENGTH = 22;
  private static final Pattern TEXT = Pattern.compile("[A-Za-z0-9]{" + LENGTH + "}");
  private static final String DIGITS =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  private static final BigInteger BASE = BigInteger.valueOf(DIGITS.length());

  StreamId {
    if (!TEXT.matcher(text).matches()) {
      throw new IllegalArgumentException("an id is " + LENGTH + " letters and digits");
    }
  }

  /** The id that a text is, if it is one. */
  static Optional<StreamId> parse(String text) {
    return TEXT.matcher(text).matches() ? Optional.of(new StreamId(text)) : Optional.empty();
  }

  /**
   * An id that nobody has had.
   *
   * @param random has to be unpredictable
   */
  static StreamId random(RandomGenerator random) {
    return new StreamId(letters(random, LENGTH));
  }

  /** The one id of a creator's idempotency key, the same on every instance. */
  static StreamId derived(String creator, String key) {
    // The length keeps "a" with "bc" apart from "ab" with "c".
    byte[] hash = sha256("tailwater-ai/" + creator.length() + "/" + creator + "/" + key);
    BigInteger rest = new BigInteger(1, hash);
    StringBuilder text = new StringBuilder(LENGTH);
    for (int i = 0; i < LENGTH; i++) {
      BigInteger[] division = rest.divideAndRemainder(BASE);
      text.append(DIGITS.charAt(division[1].intValue()));
      rest = division[0];
    }
    return new StreamId(text.toString());
  }

  static String letters(RandomGenerator random, int length) {
    StringBuilder text = new StringBuilder(length);
    for (int i = 0; i < length; i++) {
      text.append(DIGITS.charAt(random.nextInt(DIGITS.length())));
    }
    return text.toString();
  }

  Channel channel() {
    return new Channel(NAMESPACE, text);
  }

  private static byte[] sha256(String text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }

  @Override
  public String toString() {
    return text;
  }
}
