package io.tailwater.javaclient;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The events of a channel, read on demand by one thread at a time. An event counts as handled when
 * the next one is asked for. While nobody asks, the log is the buffer.
 */
public final class Events implements Iterable<Event>, AutoCloseable {
  private final Core core;
  private final Reader reader;
  // At most one batch, as each is asked for.
  private final BlockingQueue<List<Reader.Item>> handed = new ArrayBlockingQueue<>(1);
  // Confined to the reading thread.
  private final Deque<Reader.Item> batch = new ArrayDeque<>();
  private Reader.@Nullable Item current;
  private boolean asked;
  private boolean over;
  private volatile boolean closed;

  private Events(Core core, Reader reader) {
    this.core = core;
    this.reader = reader;
  }

  static Events open(Core core, Reader reader) {
    Events events = new Events(core, reader);
    core.loop().execute(() -> reader.open(events.handed::offer));
    return events;
  }

  /**
   * The next event; null if the channel has ended or this was closed.
   *
   * @throws TailwaterException if the subscription was refused
   */
  public @Nullable Event next() throws InterruptedException {
    while (true) {
      Event event = next(Duration.ofDays(1));
      if (event != null || over) {
        return event;
      }
    }
  }

  /**
   * The next event; null if none came in time, the channel has ended or this was closed.
   *
   * @throws TailwaterException if the subscription was refused
   */
  public @Nullable Event next(Duration limit) throws InterruptedException {
    finishCurrent();
    while (!over && !closed) {
      if (batch.isEmpty() && !fetch(limit)) {
        return null;
      }
      Event event = advance();
      if (event != null) {
        return event;
      }
    }
    over = true;
    return null;
  }

  private void finishCurrent() {
    if (current != null) {
      reader.done(current);
      current = null;
    }
  }

  private boolean fetch(Duration limit) throws InterruptedException {
    if (!asked) {
      asked = true;
      if (!core.loop().tryExecute(() -> reader.ask(Reader.ALL))) {
        over = true;
        return false;
      }
    }
    List<Reader.Item> items = handed.poll(limit.toNanos(), TimeUnit.NANOSECONDS);
    if (items == null) {
      return false;
    }
    asked = false;
    batch.addAll(items);
    return true;
  }

  /** Goes past what is no event; null if the batch has none. */
  private @Nullable Event advance() {
    for (Reader.Item item = batch.poll(); item != null; item = batch.poll()) {
      Event event = item.event();
      if (event != null) {
        current = item;
        return event;
      }
      reader.done(item);
      Reader.Notice notice = item.notice();
      if (notice != null) {
        notice.tell(reader.options().notices());
      }
      over |= item.last();
      TailwaterException failure = item.failure();
      if (failure != null) {
        throw failure.thrownAgain();
      }
    }
    return null;
  }

  /**
   * The position through which everything is handled; null before the first. From any thread.
   *
   * @see Subscription#position
   */
  public @Nullable String position() {
    return reader.position();
  }

  /**
   * Goes over the events from here on, and ends where they do. If the thread is interrupted, the
   * loop ends with {@link TailwaterException} {@code aborted}.
   */
  @Override
  public Iterator<Event> iterator() {
    return new Iterator<>() {
      private @Nullable Event ahead;

      @Override
      public boolean hasNext() {
        if (ahead == null) {
          ahead = uninterrupted();
        }
        return ahead != null;
      }

      @Override
      public Event next() {
        if (!hasNext() || ahead == null) {
          throw new NoSuchElementException("the channel has ended");
        }
        Event event = ahead;
        ahead = null;
        return event;
      }
    };
  }

  private @Nullable Event uninterrupted() {
    try {
      return next();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TailwaterException.lasting("aborted", "the thread was interrupted");
    }
  }

  /** Ends the subscription. From any thread; one that waits for an event gets none. */
  @Override
  public void close() {
    closed = true;
    core.loop().execute(reader::unsubscribe);
    handed.offer(List.of());
  }
}
