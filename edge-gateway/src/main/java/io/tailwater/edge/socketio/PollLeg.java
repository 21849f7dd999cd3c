package io.tailwater.edge.socketio;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tailwater.edge.connection.Outlet;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the session's event loop: what waits for the next poll of a client. At most {@value
 * #HIGH_WATER} bytes of events wait, and answers and pushes besides; the session ends when they are
 * too many.
 */
final class PollLeg implements Leg {
  private static final int HIGH_WATER = 64 << 10;
  private static final MediaType TEXT = MediaType.of("text/plain; charset=UTF-8");
  private static final byte[] NOOP = {'6'};
  private static final byte[] CLOSE = {'1'};

  private final Queue<Packet> packets = new ArrayDeque<>();
  private @Nullable CompletableFuture<HttpResponse<?>> poll;
  private long bytes;

  /** A packet; bytes are not base64 yet. */
  private record Packet(boolean text, ByteBuf content) {}

  /** Whether a poll waits for an answer. */
  boolean polled() {
    return poll != null;
  }

  /** The client waits for what there is, or for what comes next. */
  void poll(CompletableFuture<HttpResponse<?>> response) {
    poll = response;
    flush();
  }

  /** The client of the poll is gone. */
  void hungUp() {
    poll = null;
  }

  @Override
  public void text(Consumer<ByteBuf> packet) {
    ByteBuf content = Unpooled.buffer(256);
    packet.accept(content);
    add(new Packet(true, content));
  }

  @Override
  public void bytes(byte[] message) {
    add(new Packet(false, Unpooled.wrappedBuffer(message)));
  }

  private void add(Packet packet) {
    packets.add(packet);
    bytes += packet.content().readableBytes();
  }

  @Override
  public boolean writable() {
    return bytes < HIGH_WATER;
  }

  @Override
  public long waiting() {
    return bytes;
  }

  @Override
  public @Nullable Outlet outlet() {
    return null;
  }

  @Override
  public void flush() {
    if (poll == null || packets.isEmpty()) {
      return;
    }
    ByteBuf body = Unpooled.buffer((int) bytes + packets.size());
    for (Packet packet : packets) {
      if (body.isReadable()) {
        body.writeByte(EnginePacket.SEPARATOR);
      }
      if (packet.text()) {
        body.writeBytes(packet.content());
      } else {
        body.writeByte(EnginePacket.BASE64);
        body.writeBytes(Base64.getEncoder().encode(ByteBufUtil.getBytes(packet.content())));
      }
    }
    packets.clear();
    bytes = 0;
    answer(ByteBufUtil.getBytes(body));
  }

  /** Answers a poll that waits, so that the client can go on without it. */
  void release() {
    if (poll != null) {
      answer(NOOP);
    }
  }

  /** Writes everything that waits to another leg. */
  void handOver(Leg next) {
    for (Packet packet : packets) {
      if (packet.text()) {
        next.text(out -> out.writeBytes(packet.content()));
      } else {
        next.bytes(ByteBufUtil.getBytes(packet.content()));
      }
    }
    packets.clear();
    bytes = 0;
  }

  @Override
  public void close() {
    text(out -> out.writeBytes(CLOSE));
    flush();
  }

  @Override
  public void reset() {
    refuse(EngineError.SESSION_UNKNOWN);
  }

  /** Refuses a poll that waits. */
  void refuse(EngineError why) {
    if (poll != null) {
      CompletableFuture<HttpResponse<?>> last = poll;
      poll = null;
      last.complete(why.response());
    }
  }

  private void answer(byte[] body) {
    CompletableFuture<HttpResponse<?>> response = poll;
    poll = null;
    if (response != null) {
      response.complete(HttpResponse.ok(body).contentType(TEXT));
    }
  }
}
