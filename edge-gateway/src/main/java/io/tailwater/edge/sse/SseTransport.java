package io.tailwater.edge.sse;

import static io.tailwater.edge.sse.SseFormat.ascii;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.Outlet;
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
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * An event stream, written straight to the connection. It has neither a length nor chunks: its end
 * is the end of the connection, so that all readers can share the very same bytes.
 */
final class SseTransport implements Transport {
  /**
   * Least and most time that a client is told to wait before it comes back, milliseconds; random
   * between them.
   */
  private static final int MIN_RETRY_MS = 500;

  private static final int MAX_RETRY_MS = 2_000;

  /** A comment, without the blank line that some parsers take for the end of an event. */
  private static final ByteBuf HEARTBEAT =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeByte(':').writeByte('\n').asReadOnly());

  private final io.netty.channel.Channel connection;
  private final Map<String, String> headers;
  private final boolean several;
  private final SseFormat format;
  private @Nullable Connection session;
  private @Nullable Outlet outlet;

  /**
   * @param headers of the response
   * @param several whether it has more than one channel
   * @param envelope whether events are to come whole
   */
  SseTransport(
      io.netty.channel.Channel connection,
      Map<String, String> headers,
      boolean several,
      boolean envelope) {
    this.connection = connection;
    this.headers = headers;
    this.several = several;
    this.format =
        several ? SseFormat.ENVELOPE_OPEN : envelope ? SseFormat.ENVELOPE : SseFormat.PLAIN;
  }

  @Override
  public void open(Connection session, StreamOpening opening) {
    this.session = session;
    this.outlet = session.outlet(connection);
    Takeover.begin(connection, headers, session);
    ByteBuf out = connection.alloc().directBuffer(512);
    ascii("retry: " + retryMs() + "\n", out);
    ascii(
        "id: "
            + session.position()
            + "\nevent: tw.open\ndata: {\"connection\":\""
            + opening.connectionId()
            + "\",\"gateway\":",
        out);
    EventJson.writeString(opening.gateway(), out);
    ascii(",\"server_time_ms\":" + opening.serverTimeMs(), out);
    ascii(",\"heartbeat_ms\":" + opening.heartbeatMs() + ",\"positions\":{", out);
    String separator = "";
    for (Cursor cursor : session.cursors()) {
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
    EventBytes bytes = format.of(run);
    int end = run.events().size();
    if (!several || run.epoch().isEphemeral()) {
      bytes.writeFrom(index, outlet());
      return end;
    }
    for (int i = index; i < end; i++) {
      write(bytes.at(i));
      ByteBuf out = connection.alloc().directBuffer(64 + 24 * session().cursors().size());
      ascii("\nid: " + session().position(cursor, run.events().get(i).getOffset()) + "\n\n", out);
      write(out);
    }
    return end;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    ByteBuf out = connection.alloc().directBuffer(256);
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
    ascii("}\nid: " + session().position() + "\n\n", out);
    write(out);
  }

  private static void begin(String type, Cursor cursor, ByteBuf out) {
    ascii("event: " + type + "\ndata: {\"channel\":", out);
    EventJson.writeString(cursor.channel().toString(), out);
  }

  @Override
  public void expiring(long inMs) {
    ByteBuf out = connection.alloc().directBuffer(64);
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
  public void end(Farewell farewell) {
    switch (farewell) {
      case COMPLETE -> last("");
      case EXPIRED -> last("event: tw.expired\ndata: {}\n\n");
      case RETRY -> last(retryBlock(ErrorCode.UNAVAILABLE, ""));
      case SILENT -> connection.close();
      case RESET -> {
        connection.config().setOption(ChannelOption.SO_LINGER, 0);
        connection.close();
      }
    }
  }

  private void last(String block) {
    connection
        .writeAndFlush(Unpooled.copiedBuffer(block, StandardCharsets.US_ASCII))
        .addListener(ChannelFutureListener.CLOSE);
  }

  /**
   * What a stream says that cannot be served right now: come back.
   *
   * @param position what the client is to come back with; empty if the stream has said so already,
   *     or there is none. By the standard, a stream's first block without an id makes a client
   *     forget the one that it had
   */
  static String retryBlock(ErrorCode code, String position) {
    int retryMs = retryMs();
    return "retry: "
        + retryMs
        + (position.isEmpty() ? "" : "\nid: " + position)
        + "\nevent: tw.retry\ndata: {\"code\":\""
        + code.wire()
        + "\",\"retry_ms\":"
        + retryMs
        + "}\n\n";
  }

  private static int retryMs() {
    return ThreadLocalRandom.current().nextInt(MIN_RETRY_MS, MAX_RETRY_MS);
  }

  private Connection session() {
    return Objects.requireNonNull(session, "written to before it was opened");
  }

  private Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }

  private void write(ByteBuf bytes) {
    outlet().write(bytes);
  }
}
