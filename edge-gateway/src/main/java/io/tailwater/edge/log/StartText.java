package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Stateless: reads where a cursor begins, as clients of every protocol write it. */
public final class StartText {
  private static final int MAX_LAST = 1_000;

  private StartText() {}

  /**
   * Where the cursor of one channel begins.
   *
   * @param after the position to continue from, of one channel or of several; blank for none
   * @param from where to begin without a position; blank means latest
   * @throws RequestException which says what is accepted
   */
  public static Start parse(Channel channel, String after, String from) {
    Start begin = from(from.isBlank() ? null : from.trim());
    Position position = after.isBlank() ? null : position(after.trim(), channel);
    return position == null ? begin : new Start.After(position);
  }

  /**
   * The position of a channel in a position of one channel or of several; null if the position of
   * several does not contain the channel.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static @Nullable Position position(String text, Channel channel) {
    return Positions.isForSeveral(text) ? Positions.parse(text).get(channel) : Position.parse(text);
  }

  /**
   * Where to begin without a position: {@code latest} if it is null.
   *
   * @throws RequestException which says what is accepted
   */
  public static Start from(@Nullable String text) {
    if (text == null || text.equals("latest")) {
      return new Start.Latest();
    }
    if (text.equals("earliest")) {
      return new Start.Earliest();
    }
    if (text.startsWith("last:")) {
      return new Start.Last(last(text.substring("last:".length())));
    }
    if (text.startsWith("time:")) {
      return new Start.Since(time(text.substring("time:".length())));
    }
    throw invalid("'from' is latest, earliest, last:N or time:T, not '" + text + "'");
  }

  private static int last(String text) {
    try {
      int count = Integer.parseInt(text);
      if (count >= 1 && count <= MAX_LAST) {
        return count;
      }
    } catch (NumberFormatException e) {
      // reported below
    }
    throw invalid("from=last:N takes 1 to " + MAX_LAST + ", not '" + text + "'");
  }

  private static long time(String text) {
    try {
      return text.matches("[0-9]{1,15}")
          ? Long.parseLong(text)
          : OffsetDateTime.parse(text.replace(' ', '+')).toInstant().toEpochMilli();
    } catch (DateTimeException e) {
      throw invalid(
          "from=time:T takes milliseconds since the epoch or RFC 3339, such as 2026-01-31T12:00:00Z");
    }
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
