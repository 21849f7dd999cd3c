package io.tailwater.edge.socketio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.tailwater.edge.websocket.Conversation;
import io.tailwater.edge.websocket.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the WebSocket's event loop, which can be another one than that of its session: takes
 * what a client sends over a WebSocket.
 */
final class EngineConversation implements Conversation {
  private static final int NORMAL = 1000;

  /** Messages that may be on their way to a session on another loop. */
  private static final int MAX_ON_THE_WAY = 64;

  private final WebSocket socket;
  private final EngineSession session;
  private final SocketLeg leg;
  private final Start start;
  private final long upgradeWithinMs;
  private final boolean local;
  private final AtomicInteger onTheWay = new AtomicInteger();
  private boolean ended;

  /** How the session comes to this WebSocket. */
  sealed interface Start {
    /**
     * The session begins.
     *
     * @param listener what speaks over it
     */
    record New(EngineListener listener) implements Start {}

    /** The session has polls, and this takes their place once it is proven. */
    record Upgrade() implements Start {}
  }

  // Of an upgrade, on the session's loop:
  private boolean probed;
  private boolean proven;
  private boolean failed;

  EngineConversation(
      WebSocket socket, EngineSession session, SocketLeg leg, Start start, long upgradeWithinMs) {
    this.socket = socket;
    this.session = session;
    this.leg = leg;
    this.start = start;
    this.upgradeWithinMs = upgradeWithinMs;
    this.local = socket.netty().eventLoop() == session.loop().eventLoop();
  }

  @Override
  public void begin() {
    switch (start) {
      case Start.New(EngineListener listener) -> {
        session.onIdle(socket::readOn);
        session.begin(listener);
      }
      case Start.Upgrade upgrade ->
          inSession(
              () -> {
                if (session.upgradable()) {
                  session
                      .loop()
                      .eventLoop()
                      .schedule(this::tooLate, upgradeWithinMs, TimeUnit.MILLISECONDS);
                } else {
                  fail();
                }
              });
    }
  }

  private void tooLate() {
    if (!proven) {
      fail();
    }
  }

  @Override
  public void onMessage(boolean text, ByteBuf message) {
    byte[] bytes = ByteBufUtil.getBytes(message);
    EnginePacket packet = text ? EnginePacket.text(bytes) : EnginePacket.bytes(bytes);
    onTheWay.incrementAndGet();
    inSession(
        () -> {
          if (start instanceof Start.New || proven) {
            session.onPacket(packet);
            session.flush();
          } else if (!failed) {
            prove(packet);
          }
          if (onTheWay.getAndDecrement() == MAX_ON_THE_WAY) {
            inSocket(socket::readOn);
          }
        });
  }

  private void prove(@Nullable EnginePacket packet) {
    if (!probed && session.onProbe(packet)) {
      probed = true;
      leg.text(out -> out.writeCharSequence("3probe", StandardCharsets.US_ASCII));
      leg.flush();
    } else if (packet != null
        && packet.type() == EnginePacket.Type.UPGRADE
        && probed
        && session.upgrade(leg)) {
      proven = true;
      session.onIdle(() -> inSocket(socket::readOn));
    } else {
      fail();
    }
  }

  /** The session goes on by polls. */
  private void fail() {
    if (!failed) {
      failed = true;
      backToPolls();
      inSocket(() -> socket.close(NORMAL, ""));
    }
  }

  private void backToPolls() {
    if (probed) {
      session.upgradeFailed();
    }
  }

  @Override
  public boolean full() {
    return session.busy() || onTheWay.get() >= MAX_ON_THE_WAY;
  }

  /**
   * During an upgrade, too: the socket may take in one go what had filled the polls, and then
   * nobody else says that the session goes on.
   */
  @Override
  public void onWritable() {
    inSession(session::onWritable);
  }

  @Override
  public void onClose() {
    end(true);
  }

  @Override
  public void onEnd() {
    end(false);
  }

  private void end(boolean deliberate) {
    if (ended) {
      return;
    }
    ended = true;
    inSession(
        () -> {
          if (start instanceof Start.Upgrade && !proven) {
            failed = true;
            backToPolls();
          } else if (deliberate) {
            session.closedByClient();
          } else {
            session.lost();
          }
        });
  }

  private void inSession(Runnable task) {
    if (local) {
      task.run();
    } else {
      session.loop().execute(task);
    }
  }

  private void inSocket(Runnable task) {
    if (local) {
      task.run();
    } else {
      socket.netty().eventLoop().execute(task);
    }
  }
}
