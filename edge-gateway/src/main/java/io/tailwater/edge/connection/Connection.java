package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Positions;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Reader;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.loop.Beat;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.presence.Presence;
import io.tailwater.edge.presence.PresenceWish;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its event loop: one connected client, with its identity, its subscriptions, and the
 * transport that writes to it.
 */
public final class Connection extends Beat implements Reader<Subscription> {
  private static final long EXPIRY_NOTICE_MS = 60_000;
  private static final int HEARTBEATS_PER_RESTATEMENT = 4;

  /** Longer than a reset takes to come back. */
  private static final long PROBE_MS = 1_000;

  private final String id;
  private final Transport transport;
  private final EdgeLoop loop;
  private final Terms terms;
  private final Transport.@Nullable Beats beats;
  private final Transport.@Nullable Expires expires;
  private final Transport.@Nullable Buffers buffers;
  private final Transport.@Nullable Bounded bounded;
  private final Transport.@Nullable States states;
  private final List<Subscription> subscriptions = new ArrayList<>(1);
  private final Admission.Seat seat;
  private Identity identity;

  /** The subject of the identity, for any thread; empty without a token. */
  private volatile String known;

  private @Nullable Attendance attendance;
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
    this.known = subject(identity);
    this.transport = transport;
    this.loop = loop;
    this.terms = terms;
    this.beats = transport instanceof Transport.Beats port ? port : null;
    this.expires = transport instanceof Transport.Expires port ? port : null;
    this.buffers = transport instanceof Transport.Buffers port ? port : null;
    this.bounded = transport instanceof Transport.Bounded port ? port : null;
    this.states = transport instanceof Transport.States port ? port : null;
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

  /** What it reads; not to be changed by the caller. */
  public List<Subscription> subscriptions() {
    assert loop.inLoop();
    return subscriptions;
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

  /**
   * Where it stands, as its client is to hand it back; empty if there is nothing to hand back,
   * since snapshots are not complete.
   */
  public String position() {
    assert loop.inLoop();
    if (subscriptions.size() == 1) {
      return subscriptions.getFirst().position();
    }
    if (subscriptions.stream().noneMatch(Subscription::hasPosition)) {
      return "";
    }
    Positions.Encoder positions = new Positions.Encoder(subscriptions.size());
    subscriptions.forEach(subscription -> subscription.addTo(positions));
    return positions.toString();
  }

  /**
   * As {@link #position()}, when a subscription delivers, and has been written through this offset
   * of what it delivers.
   */
  public String position(Subscription delivering, long through) {
    assert loop.inLoop();
    if (subscriptions.size() == 1) {
      return delivering.position(through);
    }
    Positions.Encoder positions = new Positions.Encoder(subscriptions.size());
    for (Subscription subscription : subscriptions) {
      if (subscription == delivering) {
        subscription.addTo(positions, through);
      } else {
        subscription.addTo(positions);
      }
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
  public int deliver(Subscription subscription, Run run, int index) {
    assert loop.inLoop();
    int next = transport.events(subscription, run, index);
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
  public void state(Subscription subscription, StateBlock block) {
    assert loop.inLoop();
    if (states == null) {
      throw new IllegalStateException(transport.name() + " shows no state, and was asked for one");
    }
    states.state(subscription, block);
    terms.admission().replayed(identity, block.bytes());
    touched();
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    assert loop.inLoop();
    transport.notice(subscription, notice);
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
  public void leftOut(long bytes) {
    assert loop.inLoop();
    // The log was read for this client, as it is for events that are delivered.
    terms.admission().replayed(identity, bytes);
    if (bounded != null) {
      bounded.leftOut(bytes);
      touched();
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
   * Begins: subscribes to everything that was opened, opens the transport, and lets the cursors
   * join their tails. The connection ends when the client's token expires.
   *
   * @param opened of each subscription
   * @param nowMs the time, milliseconds since the epoch
   * @param opens opens the transport, when the cursors are in place
   */
  public void begin(List<List<Opened>> opened, long nowMs, Runnable opens) {
    assert loop.inLoop();
    sinceMs = nowMs;
    opened.forEach(this::add);
    opens.run();
    touched();
    expireAfter(nowMs);
    for (int i = 0; i < opened.size(); i++) {
      start(subscriptions.get(i), opened.get(i));
    }
    loop.flush();
  }

  /** Subscribes to what was opened; nothing is delivered before {@link #start}. */
  public Subscription add(List<Opened> opened) {
    assert loop.inLoop();
    Subscription subscription = new Subscription(this, opened);
    subscriptions.add(subscription);
    open++;
    return subscription;
  }

  /** Lets the cursors of a subscription that was added join their tails. */
  public void start(Subscription subscription, List<Opened> opened) {
    assert loop.inLoop();
    subscription.start(opened, loop);
  }

  /**
   * Is present in a channel that it reads, or watches who is.
   *
   * @param namespace of the channel, which has presence
   * @throws RequestException {@code too_many_connections} if there is no room for another member
   */
  public void attend(Channel channel, Namespace namespace, PresenceWish wish, Presence presence) {
    assert loop.inLoop();
    if (attendance == null) {
      Transport.Presences port = transport instanceof Transport.Presences one ? one : null;
      attendance = new Attendance(id, loop, this::writable, this::touched, presence, port);
    }
    attendance.begin(channel, namespace, identity, wish);
    if (closed) {
      // A poll that was answered at once: its member stays for a while all the same.
      attendance.end();
    }
  }

  /**
   * The client says something else about itself in a channel where it is present.
   *
   * @param info as {@link PresenceWish#info}
   * @throws RequestException {@code invalid_request} if it is not present there
   */
  public void changePresence(Channel channel, String info) {
    assert loop.inLoop();
    if (attendance == null) {
      throw Attendance.absent(channel);
    }
    attendance.change(channel, info);
  }

  /** Takes a subscription away; never while it is being written for. */
  public void remove(Subscription subscription) {
    assert loop.inLoop();
    if (subscriptions.remove(subscription)) {
      if (!subscription.ended()) {
        open--;
      }
      subscription.unsubscribe();
      if (attendance != null && subscription.scope() instanceof Channel channel) {
        attendance.leave(channel);
      }
    }
  }

  /**
   * Ends the subscription of one channel. A connection that cannot go on without it ends as well.
   *
   * @return whether there was one
   */
  boolean unsubscribe(String channel) {
    assert loop.inLoop();
    for (Subscription subscription : List.copyOf(subscriptions)) {
      if (subscription.scope().toString().equals(channel)) {
        if (transport instanceof Transport.Unsubscribes port) {
          port.unsubscribe(subscription);
          touched();
        } else {
          end(Disconnect.GOING_AWAY);
        }
        return true;
      }
    }
    return false;
  }

  /** Whether its client takes what is not stored in any channel. Any thread. */
  public boolean takesPushes() {
    return transport instanceof Transport.Pushes port && port.wantsPushes();
  }

  /** Whether this is who is connected. Any thread; never for a client without a token. */
  boolean isOf(String subject) {
    return subject.equals(known);
  }

  /**
   * Sends something that is not stored. A client without a token gets nothing, nor one that does
   * not read at the moment.
   *
   * @param data a JSON value as text, or bytes
   * @return whether it was written
   */
  public boolean push(String type, Payload payload) {
    assert loop.inLoop();
    boolean taken = takesPushes() && !identity.anonymous() && writable();
    if (taken) {
      ((Transport.Pushes) transport).push(type, payload);
      touched();
    }
    return taken;
  }

  /**
   * As {@link #push}, with an acknowledgement, if the client's protocol has any.
   *
   * @return whether it was written; if not, nothing is heard of it
   * @throws RequestException as {@link Transport.Asks#ask}
   */
  public boolean ask(String type, Payload payload, long timeoutMs, Transport.Asks.Heard heard) {
    assert loop.inLoop();
    if (!(transport instanceof Transport.Asks port) || identity.anonymous() || !writable()) {
      return false;
    }
    port.ask(type, payload, timeoutMs, heard);
    touched();
    return true;
  }

  /**
   * Subscribes it with the backend's authority.
   *
   * @throws RequestException if it cannot be subscribed
   */
  public void join(Channel channel, Start start) {
    assert loop.inLoop();
    joins().join(channel, start);
    touched();
  }

  /**
   * Ends a subscription with the backend's authority.
   *
   * @throws RequestException if it cannot go on without
   */
  public boolean leave(Channel channel) {
    assert loop.inLoop();
    boolean left = joins().leave(channel);
    touched();
    return left;
  }

  private Transport.Joins joins() {
    if (transport instanceof Transport.Joins port) {
      return port;
    }
    throw new RequestException(
        ErrorCode.INVALID_REQUEST, "only the channels of a WebSocket can be changed");
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
    Identity from = newIdentity.from(identity.address());
    seat.change(from);
    identity = from;
    known = subject(from);
    if (expiry != null) {
      expiry.cancel(false);
      expiry = null;
    }
    expireAfter(nowMs);
  }

  private static String subject(Identity identity) {
    return identity.anonymous() ? "" : identity.subject();
  }

  private void expireAfter(long nowMs) {
    if (identity.expiresAtMs() != Long.MAX_VALUE) {
      long leftMs = Math.max(0, identity.endsAtMs(nowMs) - nowMs);
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
    for (int i = 0; i < subscriptions.size() && writable(); i++) {
      subscriptions.get(i).pump();
    }
    if (attendance != null) {
      attendance.pump();
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
    subscriptions.forEach(subscription -> terms.metrics().lag(subscription.lag()));
    if (buffers != null && buffers.unconfirmed()) {
      end(Disconnect.TOO_SLOW);
      return;
    }
    if (!transport.writable()) {
      if (++stuckHeartbeats > terms.maxStuckHeartbeats()) {
        end(Disconnect.TOO_SLOW);
      }
      return;
    }
    if (++heartbeats % HEARTBEATS_PER_RESTATEMENT == 0 && !subscriptions.isEmpty()) {
      subscriptions.get(heartbeats / HEARTBEATS_PER_RESTATEMENT % subscriptions.size()).restate();
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

  /**
   * The client sends no more. A client that still reads takes a heartbeat; one that is gone answers
   * it with a reset, which the next heartbeat meets.
   */
  public void onInputEnd() {
    assert loop.inLoop();
    probe();
    loop.eventLoop().schedule(this::probe, PROBE_MS, TimeUnit.MILLISECONDS);
  }

  private void probe() {
    if (!closed && beats != null && transport.writable()) {
      beats.heartbeat();
      transport.flush();
    }
  }

  /** The client closes the connection on purpose: it leaves the channels where it is present. */
  public void onLeft() {
    assert loop.inLoop();
    if (attendance != null) {
      attendance.leave();
    }
    onGone();
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
    subscriptions.forEach(Subscription::unsubscribe);
    if (attendance != null) {
      attendance.end();
    }
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
