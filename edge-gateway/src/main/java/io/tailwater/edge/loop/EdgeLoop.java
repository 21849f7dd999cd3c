package io.tailwater.edge.loop;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Confined to one event loop: the loop's connections. It flushes those that have written before the
 * loop does anything else, and gives each its heartbeat.
 */
public final class EdgeLoop {
  private static final int SPOKES = 1024;
  private static final int TURNS_PER_HEARTBEAT = 15;

  /**
   * How long new events wait for more, as a multiple of the last flush's time. So a loop that has
   * much to send sends several events together, and one that has little sends each at once.
   */
  private static final int REST = 3;

  private static final long MAX_REST_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** What may wait, bytes for a reader of everything: far below a connection's high-water mark. */
  private static final int MAX_RESTING_BYTES = 16 << 10;

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
    loop.scheduleAtFixedRate(this::onTurn, turnMs, turnMs, TimeUnit.MILLISECONDS);
  }

  /** Netty's loop. Any thread. */
  public EventLoop eventLoop() {
    return loop;
  }

  /** Whether the caller runs on this loop. Any thread. */
  public boolean inLoop() {
    return loop.inEventLoop();
  }

  /** Runs a task on this loop, later. Any thread. */
  public void execute(Runnable task) {
    loop.execute(task);
  }

  /** Adds a connection. Its first heartbeat comes at some point within its period. */
  public void add(Beat beat) {
    assert inLoop();
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

  /** Takes a connection out. */
  public void remove(Beat beat) {
    assert inLoop();
    ArrayList<Beat> spoke = wheel.get(beat.spoke);
    Beat last = spoke.removeLast();
    if (last != beat) {
      spoke.set(beat.place, last);
      last.place = beat.place;
    }
  }

  /** Notes that a connection is to be flushed; once for each flush. */
  public void written(Beat beat) {
    assert inLoop();
    written.add(beat);
  }

  /** Flushes the connections that have written since the last flush. */
  public void flush() {
    assert inLoop();
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
    restUntilNanos = endNanos + Math.min(REST * (endNanos - startNanos), MAX_REST_NANOS);
  }

  /** New events are about to be written. */
  public void beginNews() {
    assert inLoop();
    newsSinceNanos = loop.ticker().nanoTime();
    sendingAtOnce = newsSinceNanos >= restUntilNanos;
  }

  /** Whether what is written may go to the network at once, without a flush. */
  public boolean sendsAtOnce() {
    assert inLoop();
    return sendingAtOnce;
  }

  /**
   * Flushes new events: at once, or with those that come while the loop rests from the last flush.
   *
   * @param bytes how many were written at most for one reader
   */
  public void flushNews(int bytes) {
    assert inLoop();
    restingBytes += bytes;
    if (sendingAtOnce) {
      sendingAtOnce = false;
      flush();
      restSince(newsSinceNanos);
      return;
    }
    long waitNanos = restUntilNanos - loop.ticker().nanoTime();
    if (waitNanos <= 0 || restingBytes > MAX_RESTING_BYTES) {
      flush();
    } else if (!resting) {
      resting = true;
      loop.schedule(this::onRested, waitNanos, TimeUnit.NANOSECONDS);
    }
  }

  private void onRested() {
    assert inLoop();
    resting = false;
    flush();
  }

  private void onTurn() {
    assert inLoop();
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
