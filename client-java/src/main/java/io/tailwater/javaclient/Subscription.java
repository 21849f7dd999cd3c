package io.tailwater.javaclient;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A subscription whose events go to a handler, one after another, on the client's executor. The
 * handler may block; meanwhile the log is the buffer. Safe for any thread.
 */
public final class Subscription implements AutoCloseable {
  private final Core core;
  private final Reader reader;
  private final Consumer<? super Event> handler;
  private final CompletableFuture<Void> done = new CompletableFuture<>();
  private volatile boolean closed;

  private Subscription(Core core, Reader reader, Consumer<? super Event> handler) {
    this.core = core;
    this.reader = reader;
    this.handler = handler;
  }

  static Subscription open(Core core, Reader reader, Consumer<? super Event> handler) {
    Subscription subscription = new Subscription(core, reader, handler);
    subscription.begin();
    return subscription;
  }

  private void begin() {
    boolean taken =
        core.loop()
            .tryExecute(
                () -> {
                  reader.open(this::take);
                  reader.ask(Reader.ALL);
                });
    if (!taken) {
      done.completeExceptionally(TailwaterException.closed());
    }
  }

  private void take(List<Reader.Item> items) {
    core.run(() -> handle(items));
  }

  private void handle(List<Reader.Item> items) {
    try {
      for (Reader.Item item : items) {
        if (closed) {
          return;
        }
        handle(item);
      }
      core.loop().execute(() -> reader.ask(Reader.ALL));
    } catch (RuntimeException | Error e) {
      // Not handled, so the position stays before it.
      done.completeExceptionally(e);
      close();
    }
  }

  private void handle(Reader.Item item) {
    Event event = item.event();
    Reader.Notice notice = item.notice();
    if (event != null) {
      handler.accept(event);
    }
    reader.done(item);
    if (notice != null) {
      notice.tell(reader.options().notices());
    }
    TailwaterException failure = item.failure();
    if (failure != null) {
      done.completeExceptionally(failure);
    } else if (item.last()) {
      done.complete(null);
    }
  }

  /**
   * The position through which everything is handled; null before the first. Hand it to {@link
   * SubscribeOptions#after} to continue, in this process or another.
   */
  public @Nullable String position() {
    return reader.position();
  }

  /**
   * Completes when nothing follows: the channel has ended or the subscription was closed. Completes
   * exceptionally if it was refused ({@link TailwaterException}), or with what the handler has
   * thrown. The position is then still before the event that was not handled.
   */
  public CompletableFuture<Void> done() {
    return done.copy();
  }

  /** Ends the subscription. A handler that runs now goes on to its end; no other event follows. */
  @Override
  public void close() {
    closed = true;
    core.loop().execute(reader::unsubscribe);
    done.complete(null);
  }
}
