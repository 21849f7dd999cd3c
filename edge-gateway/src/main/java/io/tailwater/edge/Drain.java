package io.tailwater.edge;

import io.micronaut.runtime.graceful.GracefulShutdownCapable;
import io.tailwater.edge.Transport.Farewell;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The orderly end of a gateway: it is not ready, takes no more connections, and sends its clients
 * away one after another over a window, so that the others are not met by all of them at once. What
 * it still has it serves to the end. Any thread.
 */
final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final long TICK_MS = 50;

  private final DrainConfiguration configuration;
  private final Sessions sessions;
  private final Listeners listeners;
  private final GracefulShutdownCapable requests;
  private final LongSupplier nanoTime;
  // Only to wait: nothing counts it down.
  private final CountDownLatch never = new CountDownLatch(1);
  private volatile boolean begun;

  /**
   * @param requests waits for those that are under way; would end streams at once, so it comes last
   */
  Drain(
      DrainConfiguration configuration,
      Sessions sessions,
      Listeners listeners,
      GracefulShutdownCapable requests,
      LongSupplier nanoTime) {
    this.configuration = configuration;
    this.sessions = sessions;
    this.listeners = listeners;
    this.requests = requests;
    this.nanoTime = nanoTime;
  }

  /** Whether this gateway is about to end. */
  boolean begun() {
    return begun;
  }

  /** Sends everyone away; returns when they have gone, or their time is up. */
  void run() throws InterruptedException {
    begun = true;
    LOG.info(
        "draining: {} connections over {} s", sessions.size(), configuration.window().toSeconds());
    pause(configuration.notice());
    listeners.close();
    sendAway();
    finishRequests();
    LOG.info("drained: {} connections are left", sessions.size());
  }

  private void sendAway() throws InterruptedException {
    long end = nanoTime.getAsLong() + configuration.window().toNanos();
    double owed = 0;
    for (long left = end - nanoTime.getAsLong(); left > 0; left = end - nanoTime.getAsLong()) {
      if (sessions.size() == 0 && listeners.closed()) {
        return;
      }
      owed += share(sessions.size(), left);
      sendAway((int) owed);
      owed -= (int) owed;
      pause(Duration.ofMillis(TICK_MS));
    }
    sendAway(sessions.size());
  }

  /**
   * How many go now, so that as many go with each tick: those who came meanwhile are among them.
   *
   * @param leftNanos of the window
   */
  static double share(int sessions, long leftNanos) {
    long ticks = Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos) / TICK_MS);
    return (double) sessions / ticks;
  }

  private void sendAway(int count) {
    Iterator<Session> all = sessions.all().iterator();
    for (int i = 0; i < count && all.hasNext(); i++) {
      all.next().endSoon(Farewell.RETRY);
    }
  }

  private void finishRequests() throws InterruptedException {
    try {
      requests
          .shutdownGracefully()
          .toCompletableFuture()
          .get(configuration.requests().toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      LOG.info("some requests did not end in time");
    } catch (ExecutionException e) {
      LOG.warn("requests were not ended in order: {}", e.getMessage());
    }
  }

  @SuppressWarnings("ReturnValueIgnored")
  private void pause(Duration time) throws InterruptedException {
    never.await(time.toMillis(), TimeUnit.MILLISECONDS);
  }
}
