package io.tailwater.edge.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.tailwater.edge.connection.Outlet;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Confined to the connection's event loop: one WebSocket, as its protocol writes to it. Frames are
 * written as bytes, header included; what is not sent at once waits for {@link #flush}.
 */
public final class WebSocket {
  private static final int MAX_SILENT_PINGS = 2;
  private static final int MAX_REASON_BYTES = 123;

  private static final ByteBuf PING =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeShort((0x80 | FrameHeader.PING) << 8).asReadOnly());

  private final Channel netty;
  private final Outlet outlet;
  private final boolean compression;
  private final WebSocketConfiguration configuration;
  private final WebSocketMetrics metrics;
  private Runnable readOn = () -> {};
  private boolean heard = true;
  private boolean closing;
  private int silentPings;

  WebSocket(
      Channel netty,
      Outlet outlet,
      boolean compression,
      WebSocketConfiguration configuration,
      WebSocketMetrics metrics) {
    this.netty = netty;
    this.outlet = outlet;
    this.compression = compression;
    this.configuration = configuration;
    this.metrics = metrics;
  }

  /** The connection itself. Any thread. */
  public Channel netty() {
    return netty;
  }

  /** Sends frames that are made elsewhere. */
  public Outlet outlet() {
    return outlet;
  }

  /** Whether messages may be compressed, each by itself. Any thread. */
  public boolean compression() {
    return compression;
  }

  /** Whether more may be written now. */
  public boolean writable() {
    assert inLoop();
    return !closing && outlet.writable();
  }

  /** Whether a close was sent; nothing is written after it. */
  public boolean closing() {
    assert inLoop();
    return closing;
  }

  /** Reads on, if its answers can be written and its conversation takes more. */
  public void readOn() {
    assert inLoop();
    readOn.run();
  }

  void onReadOn(Runnable action) {
    readOn = action;
  }

  /** The client has sent something. */
  void heard() {
    heard = true;
  }

  /**
   * Writes a message.
   *
   * @param text whether it is text, and then UTF-8
   * @param payload appends the payload
   */
  public void write(boolean text, Consumer<ByteBuf> payload) {
    assert inLoop();
    if (closing) {
      return;
    }
    // The header is written last, when it is known how long it is to be.
    ByteBuf out = netty.alloc().directBuffer(256).writerIndex(FrameHeader.MAX_BYTES);
    payload.accept(out);
    int end = out.writerIndex();
    int bytes = end - FrameHeader.MAX_BYTES;
    int start = FrameHeader.MAX_BYTES - FrameHeader.size(bytes);
    out.writerIndex(start);
    FrameHeader.write(text ? FrameHeader.TEXT : FrameHeader.BINARY, bytes, out);
    out.writerIndex(end).readerIndex(start);
    outlet.write(out);
  }

  /**
   * Writes a ping.
   *
   * @return false, and none is written, if the client has been silent for two pings. One whose
   *     frames are not read is not silent
   */
  public boolean ping() {
    assert inLoop();
    if (heard || !netty.config().isAutoRead()) {
      silentPings = 0;
    } else if (++silentPings >= MAX_SILENT_PINGS) {
      return false;
    }
    heard = false;
    outlet.write(PING.duplicate());
    return true;
  }

  /** Answers a ping. */
  void pong(ByteBuf payload) {
    control(FrameHeader.PONG, payload);
  }

  /** Sends what was written. */
  public void flush() {
    assert inLoop();
    outlet.flush();
  }

  /**
   * Sends a close after what was written, and gives the client a bounded time to answer it. Nothing
   * is sent afterwards.
   *
   * @param reason shortened to what fits into the frame
   */
  public void close(int code, String reason) {
    assert inLoop();
    if (!closing) {
      metrics.closed(code, false);
      sendClose(code, reason);
      flush();
    }
  }

  /**
   * The client has closed: answers it, and ends the connection.
   *
   * @param code 0 for none
   */
  void closedByClient(int code) {
    if (closing) {
      netty.close();
      return;
    }
    metrics.closed(code, true);
    sendClose(code, "");
    netty.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  private void sendClose(int code, String reason) {
    closing = true;
    metrics.closing(1);
    netty.closeFuture().addListener(closed -> metrics.closing(-1));
    ByteBuf payload = netty.alloc().directBuffer(2 + MAX_REASON_BYTES);
    if (code != 0) {
      payload.writeShort(code).writeCharSequence(shortened(reason), StandardCharsets.UTF_8);
    }
    control(FrameHeader.CLOSE, payload);
    payload.release();
    readOn();
    netty
        .eventLoop()
        .schedule(
            () -> netty.close(), configuration.closeWithin().toMillis(), TimeUnit.MILLISECONDS);
  }

  private static String shortened(String reason) {
    int end = reason.length();
    while (ByteBufUtil.utf8Bytes(reason, 0, end) > MAX_REASON_BYTES) {
      end--;
    }
    return reason.substring(0, end);
  }

  private void control(int opcode, ByteBuf payload) {
    ByteBuf out = netty.alloc().directBuffer(2 + payload.readableBytes());
    FrameHeader.write(opcode, payload.readableBytes(), out);
    out.writeBytes(payload, payload.readerIndex(), payload.readableBytes());
    outlet.write(out);
  }

  private boolean inLoop() {
    return netty.eventLoop().inEventLoop();
  }
}
