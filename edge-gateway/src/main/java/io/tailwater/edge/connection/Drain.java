package io.tailwater.edge.connection;

import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Any thread: the orderly end of a gateway. It is not ready, takes no more connections, and
 * disconnects its clients one after another over a window, so that the other gateways do not get
 * them all at once. Connections that remain are served until the end.
 */
public final class Drain {
  private static final Logger LOG = LoggerFactory.getLogger(Drain.class);
  private static final long TICK_MS = 50;

  private final DrainConfiguration configuration;
  private final Connections connections;
  private final Doors doors;
  private final LongSupplier nanoTime;
  // Only to wait: nothing counts it down.
  private final CountDownLatch never = new CountDownLatch(1);
  private volatile boolean begun;

  public Drain(
      DrainConfiguration configuration,
      Connections connections,
      Doors doors,
      LongSupplier nanoTime) {
    this.configuration = configuration;
    this.connections = connections;
    this.doors = doors;
    this.nanoTime = nanoTime;
  }

  /** Where clients come in. Any thread. */
  public interface Doors {
    /** Takes no more connections; those that are open stay. */
    void close();

    /** Whether it takes no more. */
    boolean closed();

    /** Waits for requests in flight. It would end streams at once, so it comes last. */
    CompletionStage<?> finishRequests();
  }

  /** Whether this gateway is about to end. */
  public boolean begun() {
    return begun;
  }

  /** Disconnects everyone. Returns when all have gone, or when the time is over. */
  public void run() throws InterruptedException {
    begun = true;
    LOG.info(
        "draining: {} connections over {} s",
        connections.size(),
        configuration.window().toSeconds());
    pause(configuration.notice());
    doors.close();
    sendAway();
    finishRequests();
    LOG.info("drained: {} connections are left", connections.size());
  }

  private void sendAway() throws InterruptedException {
    long end = nanoTime.getAsLong() + configuration.window().toNanos();
    double owed = 0;
    for (long left = end - nanoTime.getAsLong(); left > 0; left = end - nanoTime.getAsLong()) {
      if (connections.size() == 0 && doors.closed()) {
        return;
      }
      owed += share(connections.size(), left);
      sendAway((int) owed);
      owed -= (int) owed;
      pause(Duration.ofMillis(TICK_MS));
    }
    sendAway(connections.size());
  }

  /**
   * How many connections go with this tick, so that each tick disconnects the same number. Those
   * that came meanwhile are among them.
   *
   * @param leftNanos of the window
   */
  static double share(int connections, long leftNanos) {
    long ticks = Math.max(1, TimeUnit.NANOSECONDS.toMillis(leftNanos) / TICK_MS);
    return (double) connections / ticks;
  }

  private void sendAway(int count) {
    Iterator<Connection> all = connections.all().iterator();
    for (int i = 0; i < count && all.hasNext(); i++) {
      all.next().endSoon(Disconnect.GOING_AWAY);
    }
  }

  private void finishRequests() throws InterruptedException {
    try {
      doors
          .finishRequests()
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
