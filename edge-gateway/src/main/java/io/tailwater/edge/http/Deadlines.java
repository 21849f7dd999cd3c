package io.tailwater.edge.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.util.concurrent.Future;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: the times that a client has for its requests. A look at
 * the clock now and then replaces a timer for each request.
 */
final class Deadlines {
  private static final int LOOKS_PER_LIMIT = 4;
  private static final long NEVER = Long.MAX_VALUE;

  private final RequestTimes times;
  private final LongSupplier nanoTime;
  private final MessageFraming framing;
  private final long periodNanos;

  private MessageFraming.Part part = MessageFraming.Part.NONE;
  private long sinceNanos;
  private long request;
  private long bodyBytes;

  private long unsentBytes;
  private long unsentSinceNanos;
  private @Nullable Future<?> next;

  Deadlines(RequestTimes times, LongSupplier nanoTime, MessageFraming framing) {
    this.times = times;
    this.nanoTime = nanoTime;
    this.framing = framing;
    this.sinceNanos = nanoTime.getAsLong();
    Duration shortest =
        times.headWithin().compareTo(times.bodyWithin()) < 0
            ? times.headWithin()
            : times.bodyWithin();
    this.periodNanos = shortest.toNanos() / LOOKS_PER_LIMIT;
  }

  /** What a deadline is about. */
  enum Missed {
    NOTHING,
    HEAD,
    BODY,
    IDLE,
    UNREAD
  }

  /** Bytes of the part that the framing is at now have arrived. */
  void arrived(int bytes) {
    if (framing.part() != part || framing.requests() != request) {
      part = framing.part();
      request = framing.requests();
      restart();
    }
    bodyBytes += bytes;
  }

  /** The time of the current part begins now. */
  void restart() {
    sinceNanos = nanoTime.getAsLong();
    bodyBytes = 0;
  }

  /** Looks again after a while. */
  void lookLater(Channel netty, Runnable look) {
    next = netty.eventLoop().schedule(look, periodNanos, TimeUnit.NANOSECONDS);
  }

  void cancel() {
    if (next != null) {
      next.cancel(false);
    }
  }

  /**
   * The deadline that the client has missed.
   *
   * @param reading whether its next bytes would be read
   * @param busy whether it waits for an answer
   */
  Missed missed(Channel netty, boolean reading, boolean busy) {
    long nowNanos = nanoTime.getAsLong();
    if (isUnread(netty, nowNanos)) {
      return Missed.UNREAD;
    }
    if (!reading || nowNanos - sinceNanos < limitNanos(busy)) {
      return Missed.NOTHING;
    }
    return switch (part) {
      case HEAD -> Missed.HEAD;
      case BODY -> Missed.BODY;
      case NONE -> unsentBytes > 0 ? Missed.NOTHING : Missed.IDLE;
    };
  }

  private long limitNanos(boolean busy) {
    return switch (part) {
      case HEAD -> times.headWithin().toNanos();
      case BODY ->
          times.bodyWithin().toNanos()
              + (long) (bodyBytes * (double) TimeUnit.SECONDS.toNanos(1) / times.bodyRate());
      case NONE -> busy ? NEVER : times.idle().toNanos();
    };
  }

  private boolean isUnread(Channel netty, long nowNanos) {
    ChannelOutboundBuffer out = netty.unsafe().outboundBuffer();
    long unsent = out == null ? 0 : out.totalPendingWriteBytes();
    if (unsent == 0 || unsent != unsentBytes) {
      unsentBytes = unsent;
      unsentSinceNanos = nowNanos;
      return false;
    }
    return nowNanos - unsentSinceNanos >= times.idle().toNanos();
  }
}
