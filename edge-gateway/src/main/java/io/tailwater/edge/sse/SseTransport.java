package io.tailwater.edge.sse;

import static io.tailwater.edge.sse.SseFormat.ascii;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: an event stream, written straight to the connection. It
 * has neither a length nor chunks: its end is the end of the connection, so that all readers can
 * share the very same bytes.
 */
final class SseTransport
    implements Transport, Opens, Transport.Beats, Transport.Expires, Transport.Buffers {
  private static final String NAME = "sse";

  /** A comment, without the blank line that some parsers take for the end of an event. */
  private static final ByteBuf HEARTBEAT =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeByte(':').writeByte('\n').asReadOnly());

  private final Channel netty;
  private final Map<String, String> headers;
  private final boolean several;
  private final SseFormat format;
  private final RetryDelay retryDelay;
  private @Nullable Connection connection;
  private @Nullable Outlet outlet;

  /**
   * @param headers of the response
   * @param several whether it has more than one channel
   * @param envelope whether events are to come whole
   */
  SseTransport(
      Channel netty,
      Map<String, String> headers,
      boolean several,
      boolean envelope,
      RetryDelay retryDelay) {
    this.netty = netty;
    this.headers = headers;
    this.several = several;
    this.retryDelay = retryDelay;
    this.format =
        several ? SseFormat.ENVELOPE_OPEN : envelope ? SseFormat.ENVELOPE : SseFormat.PLAIN;
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert netty.eventLoop().inEventLoop();
    this.connection = connection;
    this.outlet = new Outlet(netty, connection.loop());
    Takeover.begin(netty, headers, connection);
    ByteBuf out = netty.alloc().directBuffer(512);
    ascii("retry: " + retryDelay.nextMs() + "\n", out);
    ascii(
        "id: "
            + connection.position()
            + "\nevent: tw.open\ndata: {\"connection\":\""
            + opening.connectionId()
            + "\",\"gateway\":",
        out);
    EventJson.writeString(opening.gateway(), out);
    ascii(",\"server_time_ms\":" + opening.serverTimeMs(), out);
    ascii(",\"heartbeat_ms\":" + opening.heartbeatMs() + ",\"positions\":{", out);
    String separator = "";
    for (Cursor cursor : connection.cursors()) {
      ascii(separator, out);
      EventJson.writeString(cursor.channel().toString(), out);
      ascii(":\"" + cursor.position() + "\"", out);
      separator = ",";
    }
    ascii("}}\n\n", out);
    write(out);
  }

  @Override
  public boolean writable() {
    return outlet().writable();
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    assert netty.eventLoop().inEventLoop();
    EventBytes bytes = format.of(run);
    int end = run.events().size();
    if (!several || run.epoch().isEphemeral()) {
      bytes.writeFrom(index, outlet());
      return end;
    }
    for (int i = index; i < end; i++) {
      write(bytes.at(i));
      ByteBuf out = netty.alloc().directBuffer(64 + 24 * connection().cursors().size());
      ascii(
          "\nid: " + connection().position(cursor, run.events().get(i).getOffset()) + "\n\n", out);
      write(out);
    }
    return end;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    assert netty.eventLoop().inEventLoop();
    ByteBuf out = netty.alloc().directBuffer(256);
    switch (notice) {
      case Notice.Live live -> begin("tw.live", cursor, out);
      case Notice.End end -> begin("tw.end", cursor, out);
      case Notice.Reset(Missed missed) -> {
        begin("tw.reset", cursor, out);
        ascii(
            ",\"reason\":\""
                + missed.reason().wire()
                + "\",\"earliest\":\""
                + missed.earliest()
                + "\"",
            out);
      }
    }
    ascii("}\nid: " + connection().position() + "\n\n", out);
    write(out);
  }

  private static void begin(String type, Cursor cursor, ByteBuf out) {
    ascii("event: " + type + "\ndata: {\"channel\":", out);
    EventJson.writeString(cursor.channel().toString(), out);
  }

  @Override
  public void expiring(long inMs) {
    ByteBuf out = netty.alloc().directBuffer(64);
    ascii("event: tw.expiring\ndata: {\"in_ms\":" + inMs + "}\n\n", out);
    write(out);
  }

  @Override
  public void heartbeat() {
    write(HEARTBEAT.duplicate());
  }

  @Override
  public long bufferedBytes() {
    return outlet().bufferedBytes();
  }

  @Override
  public boolean unsent() {
    return outlet().waiting();
  }

  @Override
  public void flush() {
    outlet().flush();
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE, BAD_FRAME -> last("");
      case EXPIRED, UNAUTHORIZED, FORBIDDEN -> last("event: tw.expired\ndata: {}\n\n");
      case GOING_AWAY, TOO_MANY -> last(retryBlock(ErrorCode.UNAVAILABLE, "", retryDelay.nextMs()));
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private void last(String block) {
    netty
        .writeAndFlush(Unpooled.copiedBuffer(block, StandardCharsets.US_ASCII))
        .addListener(ChannelFutureListener.CLOSE);
  }

  /**
   * The block that makes a client reconnect.
   *
   * @param position what the client is to reconnect with; empty if the stream has sent it already,
   *     or there is none. By the standard, a stream's first block without an id makes a client
   *     forget the one that it had
   * @param retryMs how long the client is to wait, milliseconds
   */
  static String retryBlock(ErrorCode code, String position, int retryMs) {
    return "retry: "
        + retryMs
        + (position.isEmpty() ? "" : "\nid: " + position)
        + "\nevent: tw.retry\ndata: {\"code\":\""
        + code.wire()
        + "\",\"retry_ms\":"
        + retryMs
        + "}\n\n";
  }

  private Connection connection() {
    return Objects.requireNonNull(connection, "written to before it was opened");
  }

  private Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }

  private void write(ByteBuf bytes) {
    outlet().write(bytes);
  }
}
