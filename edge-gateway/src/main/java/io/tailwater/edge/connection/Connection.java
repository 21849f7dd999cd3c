package io.tailwater.edge.connection;

import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.access.Identity;
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
 * Confined to its event loop: one connected client, with its identity, its cursors, and the
 * transport that writes to it.
 */
public final class Connection extends Beat implements Reader<Cursor> {
  private static final long EXPIRY_NOTICE_MS = 60_000;
  private static final int HEARTBEATS_PER_RESTATEMENT = 4;

  private final String id;
  private final Transport transport;
  private final EdgeLoop loop;
  private final Terms terms;
  private final Transport.@Nullable Beats beats;
  private final Transport.@Nullable Expires expires;
  private final Transport.@Nullable Buffers buffers;
  private final List<Cursor> cursors = new ArrayList<>(1);
  private final Admission.Seat seat;
  private Identity identity;
  private @Nullable Future<?> expiry;
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
      Terms terms) {
    this.seat = seat;
    this.id = id;
    this.identity = identity;
    this.transport = transport;
    this.loop = loop;
    this.terms = terms;
    this.beats = transport instanceof Transport.Beats port ? port : null;
    this.expires = transport instanceof Transport.Expires port ? port : null;
    this.buffers = transport instanceof Transport.Buffers port ? port : null;
  }

  /**
   * What a connection has from its gateway.
   *
   * @param endsWithItsChannels whether it ends when all its channels have ended
   * @param maxHeartbeats the number of heartbeats after which it has to reconnect
   * @param maxStuckHeartbeats how many heartbeats in a row it may take nothing
   * @param onClose called once, when it has closed
   */
  record Terms(
      boolean endsWithItsChannels,
      int maxHeartbeats,
      int maxStuckHeartbeats,
      Admission admission,
      ConnectionMetrics metrics,
      Runnable onClose) {}

  /** Its name on all gateways. Any thread. */
  public String id() {
    return id;
  }

  /** Who is connected. */
  public Identity identity() {
    assert loop.inLoop();
    return identity;
  }

  /** Its cursors; not to be changed by the caller. */
  public List<Cursor> cursors() {
    assert loop.inLoop();
    return cursors;
  }

  /** The name of its transport. Any thread. */
  String transport() {
    return transport.name();
  }

  /** About how many bytes wait for the network. */
  long bufferedBytes() {
    assert loop.inLoop();
    return buffers == null ? 0 : buffers.bufferedBytes();
  }

  /** When it began, milliseconds since the epoch. */
  long sinceMs() {
    assert loop.inLoop();
    return sinceMs;
  }

  /** The event loop that owns it. Any thread. */
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
    assert loop.inLoop();
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

  /** Whether the client is gone, or the connection was ended. */
  @Override
  public boolean closed() {
    assert loop.inLoop();
    return closed;
  }

  @Override
  public boolean writable() {
    assert loop.inLoop();
    return !closed && !finishing && transport.writable();
  }

  @Override
  public int deliver(Cursor cursor, Run run, int index) {
    assert loop.inLoop();
    int next = transport.events(cursor, run, index);
    terms.metrics().delivered(run, index, next);
    if (run.isPage()) {
      replayed(run, index, next);
    }
    if (buffers == null || buffers.unsent()) {
      touched();
    }
    return next;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    assert loop.inLoop();
    transport.notice(cursor, notice);
    terms.metrics().said(notice);
    touched();
    if (notice instanceof Notice.End) {
      ended();
    }
  }

  /** A cursor's channel is closed and read to its end. */
  private void ended() {
    if (--open == 0 && terms.endsWithItsChannels()) {
      finishing = true;
      // Not at once: the loop may be walking the array that the cursor stands in.
      loop.execute(() -> end(Disconnect.COMPLETE));
    }
  }

  @Override
  public void fellBehind(SlowReaders policy) {
    assert loop.inLoop();
    terms.metrics().slow(policy);
    if (policy == SlowReaders.DISCONNECT) {
      finishing = true;
      // Not at once: the loop may be walking the array that the cursor stands in.
      loop.execute(() -> end(Disconnect.TOO_SLOW));
    }
  }

  @Override
  public long replayPauseMs() {
    assert loop.inLoop();
    return terms.admission().replayWaitMs(identity);
  }

  private void replayed(Run run, int from, int to) {
    if (terms.admission().countsReplays()) {
      long bytes = 0;
      for (int i = from; i < to; i++) {
        bytes += run.events().get(i).getData().size();
      }
      terms.admission().replayed(identity, bytes);
    }
  }

  /**
   * Begins: puts a cursor on every channel, opens the transport, and lets the cursors join their
   * tails. The connection ends when the client's token expires.
   *
   * @param nowMs the time, milliseconds since the epoch
   * @param opens opens the transport, when the cursors are in place
   */
  public void begin(List<Opened> channels, long nowMs, Runnable opens) {
    assert loop.inLoop();
    sinceMs = nowMs;
    channels.forEach(this::add);
    opens.run();
    touched();
    expireAfter(nowMs);
    for (int i = 0; i < channels.size(); i++) {
      start(cursors.get(i), channels.get(i));
    }
    loop.flush();
  }

  /** Puts a cursor on a channel; it is given nothing before {@link #start}. */
  public Cursor add(Opened channel) {
    assert loop.inLoop();
    Cursor cursor = new Cursor(this, channel);
    cursors.add(cursor);
    open++;
    return cursor;
  }

  /** Lets a cursor that was added join its tail. */
  public void start(Cursor cursor, Opened channel) {
    assert loop.inLoop();
    Missed missed = channel.missed();
    if (missed != null) {
      cursor.missed(missed);
    }
    channel.attach(cursor, loop);
  }

  /** Takes a cursor away; never while it is being written for. */
  public void remove(Cursor cursor) {
    assert loop.inLoop();
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
   * @throws RequestException {@code too_many_connections}: its subject has its maximum; nothing
   *     changes
   */
  public void authenticated(Identity newIdentity, long nowMs) {
    assert loop.inLoop();
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
    if (expires != null) {
      expires.expiring(inMs);
      transport.flush();
    }
    expiry = loop.eventLoop().schedule(() -> end(Disconnect.EXPIRED), inMs, TimeUnit.MILLISECONDS);
  }

  /** The transport is writable again: the cursors continue. */
  public void onWritable() {
    assert loop.inLoop();
    stuckHeartbeats = 0;
    for (int i = 0; i < cursors.size() && writable(); i++) {
      cursors.get(i).pump();
    }
    loop.flush();
  }

  @Override
  protected long heartbeatMs(long usual) {
    return heartbeatMs(transport, usual);
  }

  /** Time between two heartbeats of a connection with this transport, milliseconds. */
  static long heartbeatMs(Transport transport, long usual) {
    return transport instanceof Transport.Beats port ? port.heartbeatMs(usual) : usual;
  }

  @Override
  protected void heartbeat() {
    assert loop.inLoop();
    if (closed) {
      return;
    }
    if (++age > terms.maxHeartbeats()) {
      end(Disconnect.GOING_AWAY);
      return;
    }
    cursors.forEach(cursor -> terms.metrics().lag(cursor.lag()));
    if (!transport.writable()) {
      if (++stuckHeartbeats > terms.maxStuckHeartbeats()) {
        end(Disconnect.TOO_SLOW);
      }
      return;
    }
    if (++heartbeats % HEARTBEATS_PER_RESTATEMENT == 0 && !cursors.isEmpty()) {
      cursors.get(heartbeats / HEARTBEATS_PER_RESTATEMENT % cursors.size()).restate();
    }
    if (beats != null) {
      beats.heartbeat();
    }
    touched();
  }

  /** Ends the connection; its client is told why. */
  public void end(Disconnect disconnect) {
    assert loop.inLoop();
    if (!closed) {
      close();
      transport.end(disconnect);
    }
  }

  /** As {@link #end}, from any thread. */
  public void endSoon(Disconnect disconnect) {
    loop.execute(() -> end(disconnect));
  }

  /** The client is gone. */
  public void onGone() {
    assert loop.inLoop();
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
    terms.onClose().run();
    seat.leave();
  }

  /** Notes that its transport has written something, to be sent before the loop goes on. */
  public void touched() {
    assert loop.inLoop();
    if (!unflushed) {
      unflushed = true;
      loop.written(this);
    }
  }

  @Override
  protected void flush() {
    assert loop.inLoop();
    unflushed = false;
    if (!closed) {
      transport.flush();
    }
  }
}
