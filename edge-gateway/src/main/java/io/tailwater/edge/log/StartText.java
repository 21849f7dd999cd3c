package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import org.jspecify.annotations.Nullable;

/** Stateless: reads where a subscription begins, as clients of every protocol write it. */
public final class StartText {
  private static final int MAX_LAST = 1_000;
  private static final Instant LAST_TIME = Instant.parse("9999-12-31T23:59:59.999Z");
  private static final int MAX_TIME_DIGITS = 15;

  /** From here on, a number is taken for seconds: of 1973 or later. */
  private static final long FIRST_SECONDS = 100_000_000L;

  /** From here on, a number is taken for milliseconds: of 1973 or later. */
  private static final long FIRST_MILLISECONDS = 100_000_000_000L;

  private StartText() {}

  /**
   * Where a subscription begins.
   *
   * @param after the position to continue from, of one scope or of several; blank for none
   * @param from where to begin without a position; blank means latest
   * @throws RequestException which says what is accepted
   */
  public static Start parse(Scope scope, String after, String from) {
    Start begin = from(from.isBlank() ? null : from.trim());
    return after.isBlank() ? begin : begin(after.trim(), scope, begin);
  }

  /**
   * Where a subscription begins that has a position: after it, or at {@code begin} if the position
   * says nothing about this scope. Who begins with a snapshot is given another one if the position
   * is not available.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static Start begin(String after, Scope scope, Start begin) {
    String complete = after;
    if (SnapshotText.isOne(after)) {
      SnapshotText.Points places = SnapshotText.parse(after);
      Start point = places.points().get(scope.toString());
      if (point != null || places.complete().isEmpty()) {
        return point == null ? begin : point;
      }
      complete = places.complete();
    }
    Start position = after(complete, scope);
    return position == null ? begin : resumed(position, begin);
  }

  /** Where a subscription goes on that would begin elsewhere without a position. */
  public static Start resumed(Start position, Start begin) {
    return begin instanceof Start.State ? new Start.State(position) : position;
  }

  /**
   * Where a position lets a subscription begin; null if it is a position of several scopes that
   * does not contain this one.
   *
   * @throws RequestException {@code invalid_position}
   */
  public static @Nullable Start after(String text, Scope scope) {
    if (Positions.isForSeveral(text)) {
      Positions positions = Positions.parse(text);
      return switch (scope) {
        case Channel channel -> after(positions.get(channel));
        case ChannelPattern pattern -> after(positions.get(pattern));
      };
    }
    if (PartitionPositions.isForPattern(text)) {
      return new Start.AfterPartitions(PartitionPositions.parse(text));
    }
    Position position = Position.parse(text);
    if (scope instanceof ChannelPattern && !position.epoch().isEphemeral()) {
      throw new RequestException(
          ErrorCode.INVALID_POSITION,
          "this is the position of one channel, and "
              + scope
              + " is a pattern: hand in one that begins with p1., as it was given");
    }
    return new Start.After(position);
  }

  private static @Nullable Start after(@Nullable Position position) {
    return position == null ? null : new Start.After(position);
  }

  private static @Nullable Start after(@Nullable PartitionPositions positions) {
    return positions == null ? null : new Start.AfterPartitions(positions);
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
    if (text.equals("ack")) {
      return new Start.Ack();
    }
    if (text.equals("state")) {
      return new Start.State(null);
    }
    if (text.startsWith("last:")) {
      return new Start.Last(last(text.substring("last:".length())));
    }
    if (text.startsWith("time:")) {
      return new Start.Since(time(text.substring("time:".length())));
    }
    throw invalid("'from' is latest, earliest, ack, state, last:N or time:T, not '" + text + "'");
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
    if (text.matches("[0-9]+")) {
      return milliseconds(text);
    }
    try {
      Instant time = OffsetDateTime.parse(text.replace(' ', '+')).toInstant();
      if (time.isBefore(Instant.EPOCH) || time.isAfter(LAST_TIME)) {
        throw invalid("from=time:T is between 1970 and 9999, not '" + shortened(text) + "'");
      }
      return time.toEpochMilli();
    } catch (DateTimeException e) {
      throw invalid(
          "from=time:T takes milliseconds since the epoch or RFC 3339, such as 2026-01-31T12:00:00Z, not '"
              + shortened(text)
              + "'");
    }
  }

  /** Seconds would mean a day of 1970, and be taken for the earliest. */
  private static long milliseconds(String digits) {
    String text = digits.replaceFirst("^0+(?=.)", "");
    long number = text.length() > MAX_TIME_DIGITS ? Long.MAX_VALUE : Long.parseLong(text);
    if (number > LAST_TIME.toEpochMilli()) {
      throw invalid(
          "from=time:T takes milliseconds since the epoch, until the year 9999: "
              + shortened(digits)
              + " is too many; are these microseconds or nanoseconds?");
    }
    if (number >= FIRST_SECONDS && number < FIRST_MILLISECONDS) {
      throw invalid(
          "from=time:T takes milliseconds since the epoch: "
              + text
              + " looks like seconds, so time:"
              + text
              + "000");
    }
    return number;
  }

  private static String shortened(String text) {
    return text.length() <= 64 ? text : text.substring(0, 64) + "…";
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
