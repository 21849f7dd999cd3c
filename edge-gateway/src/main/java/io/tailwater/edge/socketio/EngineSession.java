package io.tailwater.edge.socketio;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.util.concurrent.Future;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.loop.EdgeLoop;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its event loop: one session of Engine.IO. It has one leg at a time. A session that
 * began with polls can go on by a WebSocket.
 */
final class EngineSession {
  /** Answers and pushes may wait beside events, up to here. */
  static final long MAX_WAITING = 4 << 20;

  private static final String PROBE = "probe";

  /** How long a poll waits for packets during an upgrade. */
  private static final long RELEASE_AFTER_MS = 50;

  private final String sid;
  private final EdgeLoop loop;
  private final SocketIoConfiguration configuration;
  private final Consumer<EngineSession> onOver;
  private final AtomicBoolean posting = new AtomicBoolean();
  private @Nullable EngineListener listener;
  private Leg leg;

  /** The polls of a session that is not upgraded; null afterwards. */
  private @Nullable PollLeg polls;

  private State state = State.OPEN;
  private volatile boolean busy;
  private Runnable onIdle = () -> {};
  private @Nullable Future<?> heartbeat;

  /** A session goes on in one direction only. */
  private enum State {
    OPEN,
    /** A WebSocket has been probed. The client sends no more polls after the one that waits. */
    UPGRADING,
    UPGRADED,
    OVER
  }

  /**
   * @param polls null for a session that begins with a WebSocket
   * @param onOver called once, when it is over
   */
  EngineSession(
      String sid,
      EdgeLoop loop,
      Leg leg,
      @Nullable PollLeg polls,
      SocketIoConfiguration configuration,
      Consumer<EngineSession> onOver) {
    this.sid = sid;
    this.loop = loop;
    this.leg = leg;
    this.polls = polls;
    this.configuration = configuration;
    this.onOver = onOver;
  }

  /** Its id. Any thread. */
  String sid() {
    return sid;
  }

  /** The loop that owns it. Any thread. */
  EdgeLoop loop() {
    return loop;
  }

  /** Begins, and tells the client how to go on. */
  void begin(EngineListener begun) {
    assert loop.inLoop();
    listener = begun;
    text(
        "0{\"sid\":"
            + EventJson.quoted(sid)
            + ",\"upgrades\":["
            + (polls == null ? "" : "\"websocket\"")
            + "],\"pingInterval\":"
            + configuration.pingInterval().toMillis()
            + ",\"pingTimeout\":"
            + configuration.pingTimeout().toMillis()
            + ",\"maxPayload\":"
            + configuration.maxPayload()
            + "}");
    flush();
    pingLater();
  }

  // --- what the client sends ---

  /** Takes a packet. */
  void onPacket(@Nullable EnginePacket packet) {
    assert loop.inLoop();
    if (state == State.OVER) {
      return;
    }
    if (packet == null) {
      close();
      return;
    }
    switch (packet.type()) {
      case MESSAGE -> listener().onMessage(packet);
      case PONG -> pingLater();
      case CLOSE -> {
        closedByClient();
        leg.close();
      }
      // Only servers send pings in version 4, but for the probe of a WebSocket.
      case PING -> close();
      case OPEN, UPGRADE, NOOP -> {
        // They mean nothing here.
      }
    }
  }

  /** The client has closed on purpose. */
  void closedByClient() {
    assert loop.inLoop();
    if (polls != null) {
      polls.release();
    }
    over(true);
  }

  /** The client's connection is gone. */
  void lost() {
    assert loop.inLoop();
    over(false);
  }

  // --- polls ---

  /** A client waits for packets. */
  void onPoll(CompletableFuture<HttpResponse<?>> response) {
    assert loop.inLoop();
    PollLeg waiting = polls;
    if (state == State.OVER) {
      response.complete(EngineError.SESSION_UNKNOWN.response());
    } else if (waiting == null) {
      response.complete(EngineError.BAD_REQUEST.response());
    } else if (waiting.polled()) {
      response.complete(EngineError.BAD_REQUEST.response());
      close();
    } else {
      waiting.poll(response);
      if (state == State.UPGRADING) {
        releaseSoon();
      }
      listener().onWritable();
    }
  }

  /** The client of a poll is gone before its answer. */
  void hungUp() {
    assert loop.inLoop();
    if (polls != null && polls.polled()) {
      polls.hungUp();
      lost();
    }
  }

  /**
   * Whether this is the only request with packets now. Any thread.
   *
   * @return false if there is one, and then the client has broken the rules
   */
  boolean beginPost() {
    return posting.compareAndSet(false, true);
  }

  /** The request with packets has arrived, or failed. Any thread. */
  void endPost() {
    posting.set(false);
  }

  /** Takes the packets of a request, and answers it. */
  HttpResponse<?> sent(byte[] body) {
    return onPayload(body)
        ? HttpResponse.ok("ok").contentType(MediaType.TEXT_PLAIN_TYPE)
        : EngineError.BAD_REQUEST.response();
  }

  private boolean onPayload(byte[] body) {
    assert loop.inLoop();
    if (polls == null) {
      return false;
    }
    List<EnginePacket> packets = EnginePacket.payload(body);
    if (packets == null) {
      close();
      return false;
    }
    for (EnginePacket packet : packets) {
      if (state != State.OVER) {
        onPacket(packet);
      }
    }
    flush();
    return true;
  }

  /** Whether no more is to be read of the client for now. Any thread. */
  boolean busy() {
    return busy;
  }

  /** Says so, or that the client may be read again. */
  void busy(boolean now) {
    assert loop.inLoop();
    if (busy != now) {
      busy = now;
      if (!now) {
        onIdle.run();
      }
    }
  }

  /** What reads the client again. */
  void onIdle(Runnable action) {
    assert loop.inLoop();
    onIdle = action;
  }

  // --- the upgrade ---

  /** Whether a WebSocket may take the place of polls. */
  boolean upgradable() {
    assert loop.inLoop();
    return state == State.OPEN && polls != null;
  }

  /** A WebSocket was probed: whether it may go on. A poll that waits is answered soon. */
  boolean onProbe(@Nullable EnginePacket packet) {
    assert loop.inLoop();
    boolean probes =
        packet != null && packet.type() == EnginePacket.Type.PING && packet.says(PROBE);
    if (!probes || !upgradable()) {
      return false;
    }
    state = State.UPGRADING;
    releaseSoon();
    return true;
  }

  /**
   * Answers a poll that waits during an upgrade. Not at once: its request can have overtaken the
   * packet that ends the upgrade, and then it is one too many.
   */
  private void releaseSoon() {
    var unused =
        loop.eventLoop()
            .schedule(
                () -> {
                  if (state == State.UPGRADING && polls != null) {
                    polls.release();
                  }
                },
                RELEASE_AFTER_MS,
                TimeUnit.MILLISECONDS);
  }

  /** From now on the session goes over this leg. */
  boolean upgrade(Leg next) {
    assert loop.inLoop();
    PollLeg before = polls;
    if (state != State.UPGRADING || before == null) {
      return false;
    }
    state = State.UPGRADED;
    polls = null;
    leg = next;
    before.refuse(EngineError.BAD_REQUEST);
    before.handOver(next);
    flush();
    onWritable();
    return true;
  }

  /** The WebSocket was not used in the end: polls go on. */
  void upgradeFailed() {
    assert loop.inLoop();
    if (state == State.UPGRADING) {
      state = State.OPEN;
    }
  }

  // --- what is written ---

  /** Writes a message of text; what is appended stands behind its type. */
  void message(Consumer<ByteBuf> message) {
    assert loop.inLoop();
    if (state != State.OVER) {
      leg.text(
          out -> {
            out.writeByte('4');
            message.accept(out);
          });
    }
  }

  /** Writes a message of bytes. */
  void bytes(byte[] message) {
    assert loop.inLoop();
    if (state != State.OVER) {
      leg.bytes(message);
    }
  }

  private void text(String packet) {
    leg.text(out -> out.writeCharSequence(packet, StandardCharsets.UTF_8));
  }

  /** Whether more may be written now. */
  boolean writable() {
    assert loop.inLoop();
    return state != State.OVER && leg.writable();
  }

  /** Sends bytes that many clients share; null if they cannot be sent here now. */
  @Nullable Outlet outlet() {
    assert loop.inLoop();
    return state == State.OVER ? null : leg.outlet();
  }

  /** About how many bytes wait for the client. */
  long waiting() {
    assert loop.inLoop();
    return leg.waiting();
  }

  /** Sends what was written. A client that does not take it is given up. */
  void flush() {
    assert loop.inLoop();
    if (state != State.OVER) {
      leg.flush();
      if (leg.waiting() > MAX_WAITING) {
        close();
      }
    }
  }

  /** More may be written. */
  void onWritable() {
    assert loop.inLoop();
    if (state != State.OVER) {
      listener().onWritable();
    }
  }

  // --- heartbeats ---

  private void pingLater() {
    schedule(this::ping, configuration.pingInterval().toMillis());
  }

  private void ping() {
    text("2");
    flush();
    schedule(this::close, configuration.pingTimeout().toMillis());
  }

  private void schedule(Runnable task, long ms) {
    stopHeartbeat();
    if (state != State.OVER) {
      heartbeat = loop.eventLoop().schedule(task, ms, TimeUnit.MILLISECONDS);
    }
  }

  private void stopHeartbeat() {
    if (heartbeat != null) {
      heartbeat.cancel(false);
      heartbeat = null;
    }
  }

  // --- its end ---

  /** Ends it; clients come back unless their application has told them not to. */
  void close() {
    assert loop.inLoop();
    if (state != State.OVER) {
      over(false);
      leg.close();
    }
  }

  /** Ends it as a broken network does. */
  void reset() {
    assert loop.inLoop();
    if (state != State.OVER) {
      over(false);
      leg.reset();
    }
  }

  private void over(boolean deliberate) {
    if (state != State.OVER) {
      state = State.OVER;
      stopHeartbeat();
      onOver.accept(this);
      listener().onEnd(deliberate);
    }
  }

  private EngineListener listener() {
    return Objects.requireNonNull(listener, "used before it began");
  }
}
