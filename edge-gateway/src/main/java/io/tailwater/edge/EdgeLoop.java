package io.tailwater.edge;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * What one event loop keeps for its sessions: those that wrote something and are to be flushed
 * before the loop goes on, and a wheel that gives each its heartbeat. Confined to the loop.
 */
final class EdgeLoop {
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
  private final ArrayList<Session> written = new ArrayList<>();
  private final List<ArrayList<Session>> wheel = new ArrayList<>();
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
   * @param heartbeatMs a session's usual time between heartbeats, milliseconds
   */
  EdgeLoop(EventLoop loop, long heartbeatMs) {
    this.loop = loop;
    this.restUntilNanos = loop.ticker().nanoTime();
    this.heartbeatMs = heartbeatMs;
    this.turnMs = Math.max(1, heartbeatMs / TURNS_PER_HEARTBEAT);
    for (int i = 0; i < SPOKES; i++) {
      wheel.add(new ArrayList<>());
    }
    loop.scheduleAtFixedRate(this::turn, turnMs, turnMs, TimeUnit.MILLISECONDS);
  }

  EventLoop eventLoop() {
    return loop;
  }

  boolean inLoop() {
    return loop.inEventLoop();
  }

  void execute(Runnable task) {
    loop.execute(task);
  }

  /** Takes a session in; its first heartbeat comes within its time, spread over it. */
  void add(Session session) {
    put(session, 1 + next++ % turns(session));
    next %= SPOKES;
  }

  private void put(Session session, int turnsFromNow) {
    session.spoke = (turn + turnsFromNow) % SPOKES;
    ArrayList<Session> spoke = wheel.get(session.spoke);
    session.place = spoke.size();
    spoke.add(session);
  }

  private int turns(Session session) {
    return (int) Math.clamp(session.heartbeatMs(heartbeatMs) / turnMs, 1, SPOKES - 1);
  }

  void remove(Session session) {
    ArrayList<Session> spoke = wheel.get(session.spoke);
    Session last = spoke.removeLast();
    if (last != session) {
      spoke.set(session.place, last);
      last.place = session.place;
    }
  }

  /** Notes that a session has something to flush. */
  void written(Session session) {
    written.add(session);
  }

  /** Sends what was written since the last time, once for each session. */
  void flush() {
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
  void beginNews() {
    newsSinceNanos = loop.ticker().nanoTime();
    sendingAtOnce = newsSinceNanos >= restUntilNanos;
  }

  /** Whether what is written may go to the network right away. */
  boolean sendsAtOnce() {
    return sendingAtOnce;
  }

  /**
   * Sends new events: at once, or with those that come while the loop rests from the last time.
   *
   * @param bytes how many were written for a reader of all of them, at most
   */
  void flushNews(int bytes) {
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
    for (Session session : List.copyOf(wheel.get(turn))) {
      session.heartbeat();
      if (!session.closed()) {
        remove(session);
        put(session, turns(session));
      }
    }
    flush();
  }
}
