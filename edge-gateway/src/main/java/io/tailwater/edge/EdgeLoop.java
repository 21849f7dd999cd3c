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
  private static final int SPOKES = 15;

  private final EventLoop loop;
  private final ArrayList<Session> written = new ArrayList<>();
  private final List<ArrayList<Session>> wheel = new ArrayList<>();
  private int next;
  private int turn;

  /**
   * @param heartbeatMs each session's time between heartbeats, milliseconds
   */
  EdgeLoop(EventLoop loop, long heartbeatMs) {
    this.loop = loop;
    for (int i = 0; i < SPOKES; i++) {
      wheel.add(new ArrayList<>());
    }
    long spokeMs = Math.max(1, heartbeatMs / SPOKES);
    loop.scheduleAtFixedRate(this::turn, spokeMs, spokeMs, TimeUnit.MILLISECONDS);
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

  void add(Session session) {
    session.spoke = next;
    next = (next + 1) % SPOKES;
    ArrayList<Session> spoke = wheel.get(session.spoke);
    session.place = spoke.size();
    spoke.add(session);
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
    for (Session session : List.copyOf(wheel.get(turn))) {
      session.heartbeat();
    }
    turn = (turn + 1) % SPOKES;
    flush();
  }
}
