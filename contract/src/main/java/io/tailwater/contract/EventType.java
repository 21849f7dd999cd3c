package io.tailwater.contract;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** The names that an event's type may have. */
public final class EventType {
  /** The type of an event whose publisher gave none. */
  public static final String DEFAULT = "message";

  /** What a Kafka record is shown as if its type is one that publishers may not use. */
  public static final String REFUSED = "x.error";

  /** Longest name that Socket.IO clients see instead of a type, bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = 255;

  private static final Pattern TYPE = Pattern.compile("[A-Za-z0-9._-]{1,64}");

  private EventType() {}

  /**
   * The type to publish with.
   *
   * @param type empty means {@link #DEFAULT}
   * @throws RequestException {@code invalid_type}
   */
  public static String publishable(String type) {
    if (type.isEmpty()) {
      return DEFAULT;
    }
    if (!TYPE.matcher(type).matches()) {
      throw invalid("a type is 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'");
    }
    if (isReserved(type)) {
      throw invalid(
          "'error', 'open' and what begins with 'tw.' belong to browsers and the platform: use"
              + " another type");
    }
    return type;
  }

  /**
   * Refuses a type that no event is shown with.
   *
   * @throws RequestException {@code invalid_type}
   */
  public static void requireReadable(String type) {
    if (type.isEmpty()) {
      throw invalid("a type is empty: name types such as message, separated by commas");
    }
    publishable(type);
  }

  /** The type to show a Kafka record with, whatever its producer wrote. */
  public static String shown(String type) {
    if (type.isEmpty()) {
      return DEFAULT;
    }
    return !TYPE.matcher(type).matches() || isReserved(type) ? REFUSED : type;
  }

  /**
   * Requires a name that Socket.IO clients can see instead of a type, where it does not fit one; an
   * empty text stands for none.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static void requireName(String name) {
    if (name.length() > MAX_NAME_BYTES
        || Text.malformedAt(name) != Text.WELL_FORMED
        || name.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES
        || !name.codePoints().allMatch(Text::isPrintable)) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'event' is at most 255 bytes of UTF-8 without control characters");
    }
  }

  private static boolean isReserved(String type) {
    return type.equals("error") || type.equals("open") || type.startsWith("tw.");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_TYPE, message);
  }
}
