package io.tailwater.edge.acks;

import io.netty.channel.EventLoop;
import io.tailwater.client.Verdict;
import io.tailwater.contract.Acks;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Confined to one event loop: writes the read positions of all subjects of this gateway to the log.
 * The first one of a subject is written at once, and then what has moved since, at most once a
 * second, as one record. A record is written after the verdict about the one before it.
 */
final class AckWriter {
  private static final long PERIOD_MS = 1_000;

  /** Positions of a subject that is still moving some; those before them are in the log. */
  private static final int MAX_REMEMBERED = 1_000;

  private final EventLoop loop;
  private final Function<PublishRequest, CompletableFuture<Verdict>> log;
  private final int maxSubjects;
  private final AcksMetrics metrics;
  private final Map<String, Writing> subjects = new HashMap<>();

  /**
   * @param log publishes a record
   * @param maxSubjects most subjects that write at the same time; others are refused
   */
  AckWriter(
      EventLoop loop,
      Function<PublishRequest, CompletableFuture<Verdict>> log,
      int maxSubjects,
      AcksMetrics metrics) {
    this.loop = loop;
    this.log = log;
    this.maxSubjects = maxSubjects;
    this.metrics = metrics;
  }

  /**
   * Writes that a subject has read a channel through a position. Any thread.
   *
   * @return the position that it has read through by then, once that is in the log; fails with a
   *     {@link RequestException}
   */
  CompletableFuture<Position> write(String subject, Channel channel, Position position) {
    CompletableFuture<Position> written = new CompletableFuture<>();
    loop.execute(() -> onWrite(subject, channel, position, written));
    return written;
  }

  private void onWrite(
      String subject, Channel channel, Position position, CompletableFuture<Position> written) {
    assert loop.inEventLoop();
    Writing writing = subjects.get(subject);
    if (writing == null) {
      if (subjects.size() >= maxSubjects) {
        written.completeExceptionally(
            rateLimited("too many subjects move their read positions here; try again"));
        return;
      }
      writing = new Writing(subject);
      subjects.put(subject, writing);
      metrics.subjects(subjects.size());
    }
    writing.add(channel, position, written);
  }

  private static RequestException rateLimited(String message) {
    return new RequestException(ErrorCode.RATE_LIMITED, message);
  }

  /** A position to write, and those who wait until it is written. */
  private static final class Moving {
    private Position position;
    private final CompletableFuture<Position> written = new CompletableFuture<>();

    private Moving(Position position) {
      this.position = position;
    }

    private void move(Position to) {
      if (!covers(position, to)) {
        position = to;
      }
    }

    private void tell(CompletableFuture<Position> waiter) {
      written.whenComplete(
          (at, failure) -> {
            if (failure == null) {
              waiter.complete(at);
            } else {
              waiter.completeExceptionally(failure);
            }
          });
    }
  }

  /** Whether who has read through one position has read through another of the same topic. */
  private static boolean covers(@Nullable Position read, Position position) {
    return read != null
        && read.epoch().equals(position.epoch())
        && read.offset() >= position.offset();
  }

  /** Confined to the loop: a subject from its first position to a second without any. */
  private final class Writing {
    private final String subject;
    private final Map<Channel, Position> newest = new HashMap<>();
    private Map<Channel, Moving> writing = Map.of();
    private Map<Channel, Moving> moving = new LinkedHashMap<>();

    /** Whether less than a second has passed since the last record. */
    private boolean resting;

    private Writing(String subject) {
      this.subject = subject;
    }

    private void add(Channel channel, Position position, CompletableFuture<Position> written) {
      Position known = newest.get(channel);
      if (known != null && covers(known, position)) {
        written.complete(known);
        return;
      }
      Moving before = writing.get(channel);
      if (before != null && covers(before.position, position)) {
        before.tell(written);
        return;
      }
      Moving one = moving.get(channel);
      if (one == null) {
        if (moving.size() >= Acks.MAX_CHANNELS) {
          written.completeExceptionally(
              rateLimited("a subject reads at most " + Acks.MAX_CHANNELS + " channels a second"));
          return;
        }
        one = new Moving(position);
        moving.put(channel, one);
      }
      one.move(position);
      one.tell(written);
      goOn();
    }

    private void goOn() {
      if (!writing.isEmpty() || resting) {
        return;
      }
      if (moving.isEmpty()) {
        subjects.remove(subject);
        metrics.subjects(subjects.size());
        return;
      }
      writing = moving;
      moving = new LinkedHashMap<>();
      resting = true;
      loop.schedule(this::onRested, PERIOD_MS, TimeUnit.MILLISECONDS);
      metrics.record(writing.size());
      log.apply(record()).thenAcceptAsync(this::onVerdict, loop);
    }

    private PublishRequest record() {
      Map<Channel, Position> positions = new LinkedHashMap<>();
      writing.forEach((channel, one) -> positions.put(channel, one.position));
      return PublishRequest.newBuilder()
          .setChannel(Acks.channel(subject).toString())
          .setType(Acks.TYPE)
          .setBy(subject)
          .setData(Acks.encode(positions))
          .build();
    }

    private void onRested() {
      resting = false;
      goOn();
    }

    private void onVerdict(Verdict verdict) {
      assert loop.inEventLoop();
      Map<Channel, Moving> batch = writing;
      writing = Map.of();
      if (newest.size() + batch.size() > MAX_REMEMBERED) {
        newest.clear();
      }
      RequestException failure = failure(verdict);
      batch.forEach(
          (channel, one) -> {
            if (failure == null) {
              newest.put(channel, one.position);
              one.written.complete(one.position);
            } else {
              one.written.completeExceptionally(failure);
            }
          });
      goOn();
    }

    private static @Nullable RequestException failure(Verdict verdict) {
      return switch (verdict) {
        case Verdict.Stored _ -> null;
        case Verdict.Refused(ErrorCode code, String message) -> new RequestException(code, message);
        case Verdict.Closed _, Verdict.Conflicting _ ->
            new RequestException(
                ErrorCode.INTERNAL, "the read positions of this subject are closed");
        case Verdict.Unknown _ ->
            new RequestException(
                ErrorCode.UNAVAILABLE, "whether this position is in the log is unknown; try again");
      };
    }
  }
}
