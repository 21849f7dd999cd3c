package io.tailwater.edge.socketio;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.websocket.WebSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the session's event loop: a WebSocket. After an upgrade it can have an event loop of
 * its own. Then packets are collected until {@link #flush}, and handed to that loop together.
 */
final class SocketLeg implements Leg {
  /** The code of a close without a code. */
  private static final int NORMAL = 1000;

  private static final int HIGH_WATER = 64 << 10;

  private final WebSocket socket;
  private final EdgeLoop loop;
  private final boolean local;
  private final Runnable onWritable;

  /** Of a distant socket: bytes on the way to its loop. */
  private final AtomicLong onTheWay = new AtomicLong();

  /** A reader found a distant socket full, and has to be told when it has room again. */
  private final AtomicBoolean awaited = new AtomicBoolean();

  private List<Runnable> batch = new ArrayList<>();
  private long batchBytes;

  /**
   * @param loop of the session
   * @param onWritable called on the session's loop when a distant socket may be written again
   */
  SocketLeg(WebSocket socket, EdgeLoop loop, Runnable onWritable) {
    this.socket = socket;
    this.loop = loop;
    this.local = socket.netty().eventLoop() == loop.eventLoop();
    this.onWritable = onWritable;
  }

  @Override
  public void text(Consumer<ByteBuf> packet) {
    if (local) {
      socket.write(true, packet);
      return;
    }
    ByteBuf content = Unpooled.buffer(256);
    packet.accept(content);
    collect(content.readableBytes(), () -> socket.write(true, out -> out.writeBytes(content)));
  }

  @Override
  public void bytes(byte[] message) {
    if (local) {
      socket.write(false, out -> out.writeBytes(message));
    } else {
      collect(message.length, () -> socket.write(false, out -> out.writeBytes(message)));
    }
  }

  private void collect(int bytes, Runnable write) {
    batch.add(write);
    batchBytes += bytes;
  }

  @Override
  public boolean writable() {
    if (local) {
      return socket.writable();
    }
    if (hasRoom()) {
      return true;
    }
    awaited.set(true);
    // What was written in between has told nobody.
    return hasRoom();
  }

  private boolean hasRoom() {
    return socket.netty().isWritable() && batchBytes + onTheWay.get() < HIGH_WATER;
  }

  @Override
  public long waiting() {
    return local ? socket.outlet().bufferedBytes() : batchBytes + onTheWay.get();
  }

  @Override
  public @Nullable Outlet outlet() {
    return local && !socket.closing() ? socket.outlet() : null;
  }

  @Override
  public void flush() {
    if (local) {
      socket.flush();
    } else if (!batch.isEmpty()) {
      List<Runnable> writes = batch;
      long bytes = batchBytes;
      batch = new ArrayList<>();
      batchBytes = 0;
      onTheWay.addAndGet(bytes);
      socket
          .netty()
          .eventLoop()
          .execute(
              () -> {
                writes.forEach(Runnable::run);
                socket.flush();
                onTheWay.addAndGet(-bytes);
                // A socket that is not writable tells when it is.
                if (socket.netty().isWritable() && awaited.getAndSet(false)) {
                  loop.execute(onWritable);
                }
              });
    }
  }

  @Override
  public void close() {
    flush();
    inSocketsLoop(() -> socket.close(NORMAL, ""));
  }

  @Override
  public void reset() {
    inSocketsLoop(() -> Outlet.reset(socket.netty()));
  }

  private void inSocketsLoop(Runnable task) {
    if (local) {
      task.run();
    } else {
      socket.netty().eventLoop().execute(task);
    }
  }
}
