package io.tailwater.edge.connection;

import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.connection.Transport.Farewell;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Reader;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.loop.Beat;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connected client: who it is, its cursors, and the transport that its frames leave by.
 * Confined to its connection's event loop.
 */
public final class Connection extends Beat implements Reader<Cursor> {
  private static final long EXPIRY_NOTICE_MS = 60_000;
  private static final int HEARTBEATS_PER_RESTATEMENT = 4;

  private final String id;
  private final Transport transport;
  private final EdgeLoop loop;
  private final Connections sessions;
  private final List<Cursor> cursors = new ArrayList<>(1);
  private final Admission.Seat seat;
  private Identity identity;
  private @Nullable Future<?> expiry;
  private final int mostHeartbeats;
  private int age;
  private long sinceMs;
  private int open;
  private int heartbeats;
  private int stuckHeartbeats;
  private boolean unflushed;
  private boolean closed;
  private boolean finishing;

  Connection(
      String id,
      Identity identity,
      Admission.Seat seat,
      Transport transport,
      EdgeLoop loop,
      Connections sessions) {
    this.seat = seat;
    this.id = id;
    this.identity = identity;
    this.transport = transport;
    this.loop = loop;
    this.sessions = sessions;
    this.mostHeartbeats = sessions.mostHeartbeats(transport);
  }

  public String id() {
    return id;
  }

  /** Who is connected. */
  public Identity identity() {
    return identity;
  }

  /** Its cursors; not to be changed by the caller. */
  public List<Cursor> cursors() {
    return cursors;
  }

  Transport transport() {
    return transport;
  }

  /** When it began, milliseconds since the epoch. */
  long sinceMs() {
    return sinceMs;
  }

  public EdgeLoop loop() {
    return loop;
  }

  /** Where it stands, as its client is to hand it back. */
  public String position() {
    return position(null, 0);
  }

  /**
   * As {@link #position()}, when a cursor has been written through this offset, and not yet all
   * that it was given.
   */
  public String position(@Nullable Cursor writing, long through) {
    if (cursors.size() == 1) {
      Cursor only = cursors.getFirst();
      return new Position(only.epoch(), only == writing ? through : only.offset()).toString();
    }
    Positions.Encoder positions = new Positions.Encoder(cursors.size());
    for (Cursor cursor : cursors) {
      positions.add(
          cursor.nameHash(), cursor.epoch(), cursor == writing ? through : cursor.offset());
    }
    return positions.toString();
  }

  /** What the bytes of its connection leave by. */
  public Outlet outlet(io.netty.channel.Channel connection) {
    return new Outlet(connection, loop);
  }

  /** Whether the connection is gone or was ended. */
  @Override
  public boolean closed() {
    return closed;
  }

  @Override
  public boolean writable() {
    return !closed && !finishing && transport.writable();
  }

  @Override
  public int deliver(Cursor cursor, Run run, int index) {
    int next = transport.events(cursor, run, index);
    sessions.meters().delivered(run, index, next);
    if (run.isPage()) {
      replayed(run, index, next);
    }
    if (transport.unsent()) {
      touched();
    }
    return next;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    transport.notice(cursor, notice);
    sessions.meters().said(notice);
    touched();
    if (notice instanceof Notice.End) {
      ended();
    }
  }

  /**
   * A cursor's channel is closed and read to its end; with the last one the connection ends, if
   * that is its transport's way.
   */
  private void ended() {
    if (--open == 0 && transport.endsWithItsChannels()) {
      finishing = true;
      // Not at once: the loop may be walking the array that the cursor stands in.
      loop.execute(() -> end(Farewell.COMPLETE));
    }
  }

  @Override
  public void fellBehind(SlowReaders policy) {
    sessions.meters().slow(policy);
    if (policy == SlowReaders.DISCONNECT) {
      finishing = true;
      // Not at once: the loop may be walking the array that the cursor stands in.
      loop.execute(() -> end(Farewell.SILENT));
    }
  }

  @Override
  public long replayPauseMs() {
    return sessions.admission().replayWaitMs(identity);
  }

  private void replayed(Run run, int from, int to) {
    if (sessions.admission().countsReplays()) {
      long bytes = 0;
      for (int i = from; i < to; i++) {
        bytes += run.events().get(i).getData().size();
      }
      sessions.admission().replayed(identity, bytes);
    }
  }

  /**
   * Begins: a cursor is put on every channel, what comes first is written, and the cursors join
   * their tails. The client's token, if it has one, ends the session in its time.
   */
  public void begin(List<Opened> channels, StreamOpening opening) {
    sinceMs = opening.serverTimeMs();
    channels.forEach(this::add);
    transport.open(this, opening);
    touched();
    expireAfter(opening.serverTimeMs());
    for (int i = 0; i < channels.size(); i++) {
      start(cursors.get(i), channels.get(i));
    }
    loop.flush();
  }

  /** Puts a cursor on a channel; it is given nothing before {@link #start}. */
  public Cursor add(Opened channel) {
    Cursor cursor = new Cursor(this, channel);
    cursors.add(cursor);
    open++;
    return cursor;
  }

  /** Lets a cursor that was added join its tail. */
  public void start(Cursor cursor, Opened channel) {
    Missed missed = channel.missed();
    if (missed != null) {
      cursor.missed(missed);
    }
    channel.attach(cursor, loop);
  }

  /** Takes a cursor away; never while it is being written for. */
  public void remove(Cursor cursor) {
    if (cursors.remove(cursor)) {
      if (!cursor.ended()) {
        open--;
      }
      cursor.unsubscribe();
    }
  }

  /**
   * The client has shown another token.
   *
   * @param nowMs the time, milliseconds since the epoch
   * @throws RequestException {@code too_many_connections}: its subject has as many as it may; all
   *     stays as it was
   */
  public void authenticated(Identity newIdentity, long nowMs) {
    Identity known = newIdentity.from(identity.address());
    seat.change(known);
    identity = known;
    if (expiry != null) {
      expiry.cancel(false);
      expiry = null;
    }
    expireAfter(nowMs);
  }

  private void expireAfter(long nowMs) {
    if (identity.expiresAtMs() != Long.MAX_VALUE) {
      long leftMs = Math.max(0, identity.expiresAtMs() - nowMs);
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

  @Override
  protected long heartbeatMs(long usual) {
    return transport.heartbeatMs(usual);
  }

  @Override
  protected void heartbeat() {
    if (closed) {
      return;
    }
    if (++age > mostHeartbeats) {
      end(Farewell.RETRY);
      return;
    }
    cursors.forEach(cursor -> sessions.meters().lag(cursor.lag()));
    if (!transport.writable()) {
      if (++stuckHeartbeats > sessions.stuckHeartbeats(transport)) {
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
    cursors.forEach(Cursor::unsubscribe);
    loop.remove(this);
    sessions.remove(this);
    seat.leave();
  }

  /** Notes that its transport has written something, to be sent before the loop goes on. */
  public void touched() {
    if (!unflushed) {
      unflushed = true;
      loop.written(this);
    }
  }

  @Override
  protected void flush() {
    unflushed = false;
    if (!closed) {
      transport.flush();
    }
  }
}
