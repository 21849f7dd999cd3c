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

  private final EventLoop loop;
  private final ArrayList<Session> written = new ArrayList<>();
  private final List<ArrayList<Session>> wheel = new ArrayList<>();
  private final long heartbeatMs;
  private final long turnMs;
  private int next;
  private int turn;

  /**
   * @param heartbeatMs a session's usual time between heartbeats, milliseconds
   */
  EdgeLoop(EventLoop loop, long heartbeatMs) {
    this.loop = loop;
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
    for (int i = 0; i < written.size(); i++) {
      written.get(i).flush();
    }
    written.clear();
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
