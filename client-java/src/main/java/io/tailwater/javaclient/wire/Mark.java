package io.tailwater.javaclient.wire;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How far a reader has read.
 *
 * @param text what the server said
 * @param epoch read from the text, to tell an event that came before from one that did not; empty
 *     if the text is of several channels or of a pattern
 * @param offset read from the text, too; {@link #NOWHERE} where the epoch is empty
 * @param wide a later position of several channels which contains this one; null if there is none
 */
public record Mark(String text, String epoch, long offset, @Nullable String wide) {
  public static final long NOWHERE = Long.MIN_VALUE;

  private static final Pattern ONE_CHANNEL = Pattern.compile("([A-Za-z0-9]+)-(-?\\d{1,18})");

  public static Mark of(String text) {
    Matcher found = ONE_CHANNEL.matcher(text);
    return found.matches()
        ? new Mark(text, found.group(1), Long.parseLong(found.group(2)), null)
        : opaque(text);
  }

  /** A position that is only handed back. */
  public static Mark opaque(String text) {
    return new Mark(text, "", NOWHERE, null);
  }

  /** Right before an event. */
  public static Mark before(String id) {
    Mark at = of(id);
    return at.isOpaque() ? at : of(at.epoch + "-" + (at.offset - 1));
  }

  /** Whether a reader here has seen what is at another mark. In another epoch, it has not. */
  public boolean covers(Mark at) {
    return epoch.equals(at.epoch) && at.offset <= offset;
  }

  public boolean isOpaque() {
    return offset == NOWHERE;
  }

  public Mark within(String newWide) {
    return new Mark(text, epoch, offset, newWide);
  }

  /** What to hand in to continue from here. */
  public String position() {
    return wide == null ? text : wide;
  }
}
