package io.tailwater.edge.loop;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What one event loop keeps for its connections: those that wrote something and are to be flushed
 * before the loop goes on, and a wheel that gives each its heartbeat. Confined to the loop.
 */
public final class EdgeLoop {
  private static final int SPOKES = 1024;
  private static final int TURNS_PER_HEARTBEAT = 15;

  /**
   * How long new events wait for more of them, as a multiple of what the last flush took: a loop
   * that has much to send sends several events at once, one that has little sends each when it
   * comes.
   */
  private static final int REST = 3;

  private static final long MOST_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** What may wait for that, bytes of one reader of everything: far below a connection's mark. */
  private static final int MOST_RESTING_BYTES = 16 << 10;

  private final EventLoop loop;
  private final ArrayList<Beat> written = new ArrayList<>();
  private final List<ArrayList<Beat>> wheel = new ArrayList<>();
  private final long heartbeatMs;
  private final long turnMs;
  private int next;
  private int turn;
  private int restingBytes;
  private long restUntilNanos;
  private boolean resting;
  private boolean sendingAtOnce;
  private long newsSinceNanos;

  /**
   * @param heartbeatMs a connection's usual time between heartbeats, milliseconds
   */
  public EdgeLoop(EventLoop loop, long heartbeatMs) {
    this.loop = loop;
    this.restUntilNanos = loop.ticker().nanoTime();
    this.heartbeatMs = heartbeatMs;
    this.turnMs = Math.max(1, heartbeatMs / TURNS_PER_HEARTBEAT);
    for (int i = 0; i < SPOKES; i++) {
      wheel.add(new ArrayList<>());
    }
    loop.scheduleAtFixedRate(this::turn, turnMs, turnMs, TimeUnit.MILLISECONDS);
  }

  public EventLoop eventLoop() {
    return loop;
  }

  public boolean inLoop() {
    return loop.inEventLoop();
  }

  public void execute(Runnable task) {
    loop.execute(task);
  }

  /** Takes a connection in; its first heartbeat comes within its time, spread over it. */
  public void add(Beat beat) {
    put(beat, 1 + next++ % turns(beat));
    next %= SPOKES;
  }

  private void put(Beat beat, int turnsFromNow) {
    beat.spoke = (turn + turnsFromNow) % SPOKES;
    ArrayList<Beat> spoke = wheel.get(beat.spoke);
    beat.place = spoke.size();
    spoke.add(beat);
  }

  private int turns(Beat beat) {
    return (int) Math.clamp(beat.heartbeatMs(heartbeatMs) / turnMs, 1, SPOKES - 1);
  }

  public void remove(Beat beat) {
    ArrayList<Beat> spoke = wheel.get(beat.spoke);
    Beat last = spoke.removeLast();
    if (last != beat) {
      spoke.set(beat.place, last);
      last.place = beat.place;
    }
  }

  /** Notes that a connection has something to flush. */
  public void written(Beat beat) {
    written.add(beat);
  }

  /** Sends what was written since the last time, once for each beat. */
  public void flush() {
    restingBytes = 0;
    if (written.isEmpty()) {
      return;
    }
    long startNanos = loop.ticker().nanoTime();
    for (int i = 0; i < written.size(); i++) {
      written.get(i).flush();
    }
    written.clear();
    restSince(startNanos);
  }

  private void restSince(long startNanos) {
    long endNanos = loop.ticker().nanoTime();
    restUntilNanos = endNanos + Math.min(REST * (endNanos - startNanos), MOST_REST_NANOS);
  }

  /** New events are about to be written, each for all its readers. */
  public void beginNews() {
    newsSinceNanos = loop.ticker().nanoTime();
    sendingAtOnce = newsSinceNanos >= restUntilNanos;
  }

  /** Whether what is written may go to the network right away. */
  public boolean sendsAtOnce() {
    return sendingAtOnce;
  }

  /**
   * Sends new events: at once, or with those that come while the loop rests from the last time.
   *
   * @param bytes how many were written for a reader of all of them, at most
   */
  public void flushNews(int bytes) {
    restingBytes += bytes;
    if (sendingAtOnce) {
      sendingAtOnce = false;
      flush();
      restSince(newsSinceNanos);
      return;
    }
    long waitNanos = restUntilNanos - loop.ticker().nanoTime();
    if (waitNanos <= 0 || restingBytes > MOST_RESTING_BYTES) {
      flush();
    } else if (!resting) {
      resting = true;
      loop.schedule(this::rested, waitNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void rested() {
    resting = false;
    flush();
  }

  private void turn() {
    turn = (turn + 1) % SPOKES;
    for (Beat beat : List.copyOf(wheel.get(turn))) {
      beat.heartbeat();
      if (!beat.closed()) {
        remove(beat);
        put(beat, turns(beat));
      }
    }
    flush();
  }
}
