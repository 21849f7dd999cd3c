package io.tailwater.contract;

import io.tailwater.contract.v1.EntryOp;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** How entries of a channel's state, and what publications do to them, are named on the wire. */
public final class EntryText {
  /** Longest name of an entry, bytes of UTF-8. */
  public static final int MAX_NAME_BYTES = 255;

  /** The precondition that an entry is not there. */
  public static final String ABSENT = "absent";

  /** The precondition that an entry is there, whatever its version. */
  public static final String EXISTS = "*";

  /** Largest amount that one publication adds to a counter, and smallest if negative. */
  public static final long MAX_AMOUNT = 1L << 53;

  private static final String RESERVED = "tw.";

  private EntryText() {}

  /** Whether this can name an entry. */
  public static boolean isName(String text) {
    return !text.isEmpty()
        && text.length() <= MAX_NAME_BYTES
        && Text.malformedAt(text) == Text.WELL_FORMED
        && text.codePoints().allMatch(Text::isPrintable)
        && text.getBytes(StandardCharsets.UTF_8).length <= MAX_NAME_BYTES
        && !text.startsWith(RESERVED);
  }

  /**
   * The name itself, if it can name an entry.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static String requireName(String text) {
    if (isName(text)) {
      return text;
    }
    throw invalid(
        "an entry's name is 1 to 255 bytes of UTF-8 without control characters, and does not begin"
            + " with 'tw.': '"
            + Text.printable(text)
            + "' is not accepted");
  }

  /**
   * Reads what a publication does to its entry.
   *
   * @param text empty means {@code put}
   * @throws RequestException {@code invalid_request}
   */
  public static EntryOp op(String text) {
    return switch (text) {
      case "", "put" -> EntryOp.PUT;
      case "delete" -> EntryOp.DELETE;
      case "add" -> EntryOp.ADD;
      case "include" -> EntryOp.INCLUDE;
      case "exclude" -> EntryOp.EXCLUDE;
      default ->
          throw invalid(
              "'op' is put, delete, add, include or exclude, not '" + Text.printable(text) + "'");
    };
  }

  /** The name of what a publication does to its entry; empty if there is none. */
  public static String shown(EntryOp op) {
    return switch (op) {
      case PUT, DELETE, ADD, INCLUDE, EXCLUDE -> op.name().toLowerCase(Locale.ROOT);
      case ENTRY_OP_UNSPECIFIED, UNRECOGNIZED -> "";
    };
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
