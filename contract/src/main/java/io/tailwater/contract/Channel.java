package io.tailwater.contract;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/**
 * Name of one ordered log, {@code namespace:key}. The namespace is a Kafka topic with its rules,
 * the key is the Kafka record key.
 *
 * @param namespace {@code [a-z][a-z0-9-]{0,31}}
 * @param key 1 to 255 bytes of UTF-8 without control characters; may hold colons, and does not end
 *     in {@code *}, which would read like a pattern
 */
public record Channel(String namespace, String key) implements Scope {
  /** Longest key, bytes of UTF-8. */
  public static final int MAX_KEY_BYTES = 255;

  /** At the end of a name it stands for every key that begins with what precedes it. */
  static final String WILDCARD = "*";

  private static final Pattern NAMESPACE = Pattern.compile("[a-z][a-z0-9-]{0,31}");

  public Channel {
    if (!NAMESPACE.matcher(namespace).matches()) {
      throw invalid(
          "'"
              + Text.printable(namespace)
              + "' is no namespace: a lower-case letter, then up to 31 of a-z, 0-9 and '-'");
    }
    if (key.isEmpty()) {
      throw invalid("the key of a channel is 1 to 255 bytes of UTF-8, and this one is empty");
    }
    Text.require("the key of a channel", key, ErrorCode.INVALID_CHANNEL);
    if (!isKey(key)) {
      throw invalid(
          "the key of a channel is 1 to 255 bytes of UTF-8 without control characters, and '"
              + Text.printable(key)
              + "' is not");
    }
    if (key.endsWith(WILDCARD)) {
      throw invalid(
          "'"
              + Text.printable(namespace + ":" + key)
              + "' ends in '*', which stands for many channels: name one channel, such as chat:lobby");
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
          "'"
              + Text.printable(text)
              + "' is no channel: it is namespace:key, for instance chat:lobby");
    }
    return new Channel(text.substring(0, colon), text.substring(colon + 1));
  }

  /** Whether this can name a namespace. */
  public static boolean isNamespace(String text) {
    return NAMESPACE.matcher(text).matches();
  }

  /**
   * Whether a Kafka record with this key is an event. It has a channel of its own only if its key
   * does not end in {@code *}.
   */
  public static boolean isKey(String key) {
    if (key.isEmpty() || key.length() > MAX_KEY_BYTES) {
      return false;
    }
    int bytes = 0;
    for (int i = 0; i < key.length(); ) {
      int point = key.codePointAt(i);
      if (!Text.isPrintable(point)) {
        return false;
      }
      bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
      i += Character.charCount(point);
    }
    return bytes <= MAX_KEY_BYTES;
  }

  @Override
  public boolean covers(String channelNamespace, String channelKey) {
    return channelNamespace.equals(namespace) && channelKey.equals(key);
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
}
