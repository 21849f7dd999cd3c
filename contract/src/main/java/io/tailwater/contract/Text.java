package io.tailwater.contract;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;

/**
 * The rule of text at every boundary: well-formed Unicode is kept exactly, and everything else is
 * refused with the offending position. Without it, an encoder writes {@code ?} for what it cannot
 * encode, and two texts become one.
 *
 * <p>Positions count from 0: bytes of UTF-8, or UTF-16 units of a text that was decoded before.
 */
public final class Text {
  /** The result for well-formed text. */
  public static final int WELL_FORMED = -1;

  private static final int BOM = 0xFEFF;

  /** How much of a text is shown to its sender, characters. */
  private static final int MAX_SHOWN = 64;

  private Text() {}

  /** Where the first half of a surrogate pair without the other is, or {@link #WELL_FORMED}. */
  public static int malformedAt(CharSequence text) {
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      if (!Character.isSurrogate(unit)) {
        continue;
      }
      boolean pair =
          Character.isHighSurrogate(unit)
              && i + 1 < text.length()
              && Character.isLowSurrogate(text.charAt(i + 1));
      if (!pair) {
        return i;
      }
      i++;
    }
    return WELL_FORMED;
  }

  /** Where the first bytes that are not UTF-8 are, or {@link #WELL_FORMED}. */
  public static int malformedAt(byte[] utf8) {
    ByteBuffer bytes = ByteBuffer.wrap(utf8);
    // Decoded in pieces, since only the position is wanted.
    CharBuffer piece = CharBuffer.allocate(1024);
    var decoder = StandardCharsets.UTF_8.newDecoder();
    while (true) {
      CoderResult result = decoder.decode(bytes, piece.clear(), true);
      if (result.isError()) {
        return bytes.position();
      }
      if (result.isUnderflow()) {
        return WELL_FORMED;
      }
    }
  }

  /**
   * The text itself, if it is well-formed.
   *
   * @param what names it in the refusal, for instance {@code an idempotency key}
   * @throws RequestException with this code
   */
  public static String require(String what, String text, ErrorCode code) {
    int at = malformedAt(text);
    if (at != WELL_FORMED) {
      throw new RequestException(
          code,
          what
              + " is not well-formed Unicode: at character "
              + at
              + " is half of a surrogate pair, \\u"
              + hex(text.charAt(at)));
    }
    return text;
  }

  /**
   * Refuses bytes that are not UTF-8.
   *
   * @param what names them in the refusal
   * @throws RequestException with this code
   */
  public static void requireUtf8(String what, byte[] bytes, ErrorCode code) {
    int at = malformedAt(bytes);
    if (at != WELL_FORMED) {
      throw new RequestException(
          code, what + " is to be UTF-8, and is not at byte " + at + hint(bytes));
    }
  }

  /**
   * Refuses a byte order mark at the beginning, for texts in which it means nothing, such as JSON.
   *
   * @throws RequestException with this code
   */
  public static void requireNoByteOrderMark(String what, byte[] bytes, ErrorCode code) {
    if (bytes.length >= 3
        && bytes[0] == (byte) 0xEF
        && bytes[1] == (byte) 0xBB
        && bytes[2] == (byte) 0xBF) {
      throw new RequestException(
          code, what + " begins with a byte order mark (EF BB BF at byte 0): leave it out");
    }
  }

  /**
   * The text of an HTTP header, whose bytes are UTF-8 as everywhere else.
   *
   * @param what names it in the refusal
   * @param value as HTTP libraries have it: each character is one byte
   * @throws RequestException {@code invalid_request}
   */
  public static String ofHeader(String what, String value) {
    if (isAscii(value)) {
      return value;
    }
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) > 0xFF) {
        // It was decoded already.
        return require(what, value, ErrorCode.INVALID_REQUEST);
      }
    }
    byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
    requireUtf8(what, bytes, ErrorCode.INVALID_REQUEST);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /**
   * A text of others as messages show it: at most 64 characters, and a {@code ?} for each odd one.
   */
  public static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    text.codePoints()
        .limit(MAX_SHOWN)
        .map(point -> isPrintable(point) ? point : '?')
        .forEach(shown::appendCodePoint);
    return text.codePointCount(0, text.length()) > MAX_SHOWN ? shown + "…" : shown.toString();
  }

  /** Whether a code point is well-formed and not a control character. */
  static boolean isPrintable(int point) {
    boolean half = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return !Character.isISOControl(point) && !half;
  }

  private static boolean isAscii(String text) {
    return text.chars().allMatch(unit -> unit < 0x80);
  }

  /** The usual reason of bytes that begin like this. */
  private static String hint(byte[] bytes) {
    if (bytes.length < 2) {
      return "";
    }
    int first = (bytes[0] & 0xFF) << 8 | bytes[1] & 0xFF;
    return first == BOM || first == Integer.reverseBytes(BOM) >>> 16
        ? " (it begins like UTF-16)"
        : "";
  }

  private static String hex(char unit) {
    return String.format("%04x", (int) unit);
  }
}
