package io.tailwater.edge;

import io.tailwater.edge.Transport.Farewell;
import io.tailwater.edge.access.Identity;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connected client: who it is, its cursors, and the transport that its frames leave by.
 * Confined to its connection's event loop.
 */
public final class Session {
  private static final long EXPIRY_NOTICE_MS = 60_000;
  private static final int HEARTBEATS_PER_RESTATEMENT = 4;

  private final String id;
  private final Identity identity;
  private final Transport transport;
  private final EdgeLoop loop;
  private final Sessions sessions;
  private final List<Cursor> cursors;
  private @Nullable Future<?> expiry;
  private final int mostHeartbeats;
  private int age;
  private int open;
  private int heartbeats;
  private int stuckHeartbeats;
  private boolean unflushed;
  private boolean closed;
  private boolean finishing;

  /** Its place in the loop's wheel. */
  int spoke;

  int place;

  Session(
      String id,
      Identity identity,
      Transport transport,
      List<Cursor> cursors,
      EdgeLoop loop,
      Sessions sessions) {
    this.id = id;
    this.identity = identity;
    this.transport = transport;
    this.cursors = cursors;
    this.loop = loop;
    this.sessions = sessions;
    this.mostHeartbeats = sessions.mostHeartbeats();
  }

  public String id() {
    return id;
  }

  Identity identity() {
    return identity;
  }

  EdgeLoop loop() {
    return loop;
  }

  boolean closed() {
    return closed;
  }

  boolean writable() {
    return !closed && !finishing && transport.writable();
  }

  void events(Cursor cursor, Run run, int index) {
    transport.events(cursor, run, index);
    sessions.delivered(run.events().size() - index);
    touched();
  }

  void notice(Cursor cursor, Transport.Notice notice) {
    transport.notice(cursor, notice);
    touched();
  }

  /** A cursor's channel is closed and read to its end; with the last one the connection ends. */
  void ended(Cursor cursor) {
    if (--open == 0) {
      finishing = true;
      // Not at once: the loop may be walking the array that the cursor stands in.
      loop.execute(() -> end(Farewell.COMPLETE));
    }
  }

  /**
   * Begins: a cursor is put on every channel, what comes first is written, and the cursors join
   * their tails. The client's token, if it has one, ends the session in its time.
   */
  void begin(List<PartitionFeed.Opened> channels, StreamOpening opening) {
    for (PartitionFeed.Opened channel : channels) {
      cursors.add(new Cursor(this, channel.tail().channel(), channel.position()));
    }
    open = cursors.size();
    transport.open(opening);
    touched();
    expireIn(opening);
    for (int i = 0; i < channels.size(); i++) {
      PartitionFeed.Opened channel = channels.get(i);
      if (channel.missed() != null) {
        cursors.get(i).missed(channel.missed());
      }
      channel.feed().attach(channel, cursors.get(i), loop);
    }
    loop.flush();
  }

  private void expireIn(StreamOpening opening) {
    if (identity.expiresAtMs() != Long.MAX_VALUE) {
      long leftMs = Math.max(0, identity.expiresAtMs() - opening.serverTimeMs());
      long noticeMs = Math.min(EXPIRY_NOTICE_MS, leftMs);
      expiry =
          loop.eventLoop()
              .schedule(() -> expiring(noticeMs), leftMs - noticeMs, TimeUnit.MILLISECONDS);
    }
  }

  private void expiring(long inMs) {
    transport.expiring(inMs);
    transport.flush();
    expiry = loop.eventLoop().schedule(() -> end(Farewell.EXPIRED), inMs, TimeUnit.MILLISECONDS);
  }

  /** Everything that has waited for the transport goes on. */
  public void onWritable() {
    stuckHeartbeats = 0;
    for (int i = 0; i < cursors.size() && writable(); i++) {
      cursors.get(i).pump();
    }
    loop.flush();
  }

  void heartbeat() {
    if (closed) {
      return;
    }
    if (++age > mostHeartbeats) {
      end(Farewell.RETRY);
      return;
    }
    if (!transport.writable()) {
      if (++stuckHeartbeats > sessions.stuckHeartbeats()) {
        end(Farewell.SILENT);
      }
      return;
    }
    if (++heartbeats % HEARTBEATS_PER_RESTATEMENT == 0 && !cursors.isEmpty()) {
      cursors.get(heartbeats / HEARTBEATS_PER_RESTATEMENT % cursors.size()).restate();
    }
    transport.heartbeat();
    touched();
  }

  /** Ends the connection; its client is told why. */
  public void end(Farewell farewell) {
    if (!closed) {
      close();
      transport.end(farewell);
    }
  }

  /** As {@link #end}, from any thread. */
  public void endSoon(Farewell farewell) {
    loop.execute(() -> end(farewell));
  }

  /** The connection is gone. */
  public void onGone() {
    if (!closed) {
      close();
    }
  }

  private void close() {
    closed = true;
    if (expiry != null) {
      expiry.cancel(false);
    }
    for (Cursor cursor : cursors) {
      TailView view = cursor.view();
      if (view != null) {
        view.leave(cursor);
      }
    }
    loop.remove(this);
    sessions.remove(this);
  }

  private void touched() {
    if (!unflushed) {
      unflushed = true;
      loop.written(this);
    }
  }

  void flush() {
    unflushed = false;
    if (!closed) {
      transport.flush();
    }
  }
}
