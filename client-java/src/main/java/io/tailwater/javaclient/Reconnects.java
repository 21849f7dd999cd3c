package io.tailwater.javaclient;

import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Connects again and again, with pauses between. Confined to the client's loop. */
final class Reconnects {
  /** One connection. */
  interface Connecting {
    /**
     * Connects; the result is how the connection ended.
     *
     * @param opened to be run when it is connected
     */
    CompletableFuture<Link.End> connect(Runnable opened);
  }

  private final Loop loop;
  private final Backoff backoff;
  private final Link.Host host;
  private final Link link;
  private final Connecting connecting;
  private int attempt;
  private boolean stopped;
  private Loop.@Nullable Timer pause;

  Reconnects(Loop loop, Backoff backoff, Link.Host host, Link link, Connecting connecting) {
    this.loop = loop;
    this.backoff = backoff;
    this.host = host;
    this.link = link;
    this.connecting = connecting;
  }

  /** Connects now. */
  void start() {
    if (stopped) {
      return;
    }
    long began = loop.now();
    boolean[] opened = {false};
    connecting
        .connect(
            () -> {
              opened[0] = true;
              host.progress(link);
            })
        .whenComplete(
            (end, failure) ->
                // Else a connection that ends at once would nest in the one before.
                loop.execute(
                    () ->
                        ended(
                            failure == null
                                ? end
                                : Link.End.of(opened[0], TailwaterException.from(failure)),
                            opened[0],
                            began)));
  }

  private void ended(Link.End end, boolean opened, long began) {
    if (stopped) {
      return;
    }
    if (end.again()) {
      start();
      return;
    }
    TailwaterException error =
        end.error() == null
            ? TailwaterException.unavailable("the connection has ended")
            : end.error();
    if (end.lasting()) {
      host.failed(link, error);
      return;
    }
    // A connection that lasted a while resets the backoff. After one that ended at once, the pause
    // grows.
    if (opened && loop.now() - began > backoff.ceiling(attempt)) {
      attempt = 0;
    }
    host.lost(link, new Link.End(opened, error, false, false, end.retryMs()));
    if (stopped) {
      return;
    }
    attempt++;
    if (attempt > backoff.attempts()) {
      host.failed(
          link,
          TailwaterException.lasting(
              "attempts", "gave up after " + attempt + " attempts: " + error.getMessage()));
      return;
    }
    pause = loop.schedule(backoff.pause(attempt - 1, loop.random(), end.retryMs()), this::resume);
  }

  private void resume() {
    pause = null;
    start();
  }

  /** Ends a pause early. */
  void hurry() {
    Loop.Timer current = pause;
    if (current != null) {
      current.cancel();
      resume();
    }
  }

  void stop() {
    stopped = true;
    Loop.Timer current = pause;
    if (current != null) {
      current.cancel();
    }
  }
}
