package io.tailwater.contract;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Name of one ordered log, {@code namespace:key}. The namespace is a Kafka topic with its rules,
 * the key is the Kafka record key.
 *
 * @param namespace {@code [a-z][a-z0-9-]{0,31}}
 * @param key 1 to 255 bytes of UTF-8 without control characters; may hold colons
 */
public record Channel(String namespace, String key) {
  /** Longest key, bytes of UTF-8. */
  public static final int MAX_KEY_BYTES = 255;

  /** How much of a bad name is shown to its sender, characters. */
  private static final int MAX_SHOWN = 64;

  private static final Pattern NAMESPACE = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  public Channel {
    if (!NAMESPACE.matcher(namespace).matches()) {
      throw invalid(
          "'"
              + shortened(namespace)
              + "' is no namespace: a lower-case letter, then up to 31 of a-z, 0-9 and '-'");
    }
    if (key.isEmpty()) {
      throw invalid("the key of a channel is 1 to 255 bytes of UTF-8, and this one is empty");
    }
    if (!isKey(key)) {
      throw invalid(
          "the key of a channel is 1 to 255 bytes of UTF-8 without control characters, and '"
              + shortened(key)
              + "' is not");
    }
  }

  /**
   * Reads {@code namespace:key}; the first colon ends the namespace.
   *
   * @throws RequestException {@code invalid_channel}
   */
  public static Channel parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw invalid(
          "'" + shortened(text) + "' is no channel: it is namespace:key, for instance chat:lobby");
    }
    return new Channel(text.substring(0, colon), text.substring(colon + 1));
  }

  /** Whether this can name a namespace. */
  public static boolean isNamespace(String text) {
    return NAMESPACE.matcher(text).matches();
  }

  /** Whether a Kafka record with this key belongs to a channel. */
  public static boolean isKey(String key) {
    if (key.isEmpty() || key.length() > MAX_KEY_BYTES) {
      return false;
    }
    int bytes = 0;
    for (int i = 0; i < key.length(); ) {
      int point = key.codePointAt(i);
      if (!isPrintable(point)) {
        return false;
      }
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      i += Character.charCount(point);
    }
    return bytes <= MAX_KEY_BYTES;
  }

  /** The Kafka record key. */
  public byte[] keyBytes() {
    return key.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String toString() {
    return namespace + ":" + key;
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_CHANNEL, message);
  }

  private static String shortened(String text) {
    StringBuilder printable = new StringBuilder();
    text.codePoints()
        .limit(MAX_SHOWN + 1)
        .map(point -> isPrintable(point) ? point : '?')
        .forEach(printable::appendCodePoint);
    int end =
        printable.offsetByCodePoints(0, Math.min(MAX_SHOWN, text.codePointCount(0, text.length())));
    return end == printable.length() ? printable.toString() : printable.substring(0, end) + "…";
  }

  private static boolean isPrintable(int point) {
    boolean loneSurrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return !Character.isISOControl(point) && !loneSurrogate;
  }
}
