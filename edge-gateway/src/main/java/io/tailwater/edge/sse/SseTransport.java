package io.tailwater.edge.sse;

import static io.tailwater.edge.sse.SseFormat.ascii;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.JsonText;
import io.tailwater.edge.connection.NoticeJson;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.OutletTransport;
import io.tailwater.edge.connection.Payload;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.StateJson;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.presence.PresenceUpdate;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: an event stream, written straight to the connection. It
 * has neither a length nor chunks: its end is the end of the connection, so that all readers can
 * share the very same bytes.
 */
final class SseTransport
    implements OutletTransport,
        Opens,
        Transport.Beats,
        Transport.Expires,
        Transport.States,
        Transport.Presences,
        Transport.Pushes {
  private static final String NAME = "sse";

  /** A client that comes back to an event stream has a new connection. */
  private static final String NO_SESSION = "";

  /** A comment, without the blank line that some parsers take for the end of an event. */
  private static final ByteBuf HEARTBEAT =
      Unpooled.unreleasableBuffer(
          Unpooled.directBuffer(2).writeByte(':').writeByte('\n').asReadOnly());

  private final Channel netty;
  private final Map<String, String> headers;
  private final boolean several;
  private final @Nullable KnownConnections known;
  private final SseFormat format;
  private final RetryDelay retryDelay;
  private @Nullable Connection connection;
  private @Nullable Outlet outlet;

  /**
   * @param headers of the response
   * @param several whether it has more than one channel, or a pattern
   * @param envelope whether events are to come whole
   * @param known whom the backend can push to; null if this connection takes no pushes
   */
  SseTransport(
      Channel netty,
      Map<String, String> headers,
      boolean several,
      boolean envelope,
      @Nullable KnownConnections known,
      RetryDelay retryDelay) {
    this.netty = netty;
    this.headers = headers;
    this.several = several;
    this.known = known;
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
    String position = connection.position();
    ascii((position.isEmpty() ? "" : "id: " + position + "\n") + "event: tw.open\ndata: ", out);
    JsonText.object(
        out,
        json -> {
          json.writeStringField("connection", opening.connectionId());
          json.writeStringField("gateway", opening.gateway());
          json.writeNumberField("server_time_ms", opening.serverTimeMs());
          json.writeNumberField("heartbeat_ms", opening.heartbeatMs());
          json.writeObjectFieldStart("positions");
          for (Subscription subscription : connection.subscriptions()) {
            if (subscription.hasPosition()) {
              json.writeStringField(subscription.scope().toString(), subscription.position());
            }
          }
          json.writeEndObject();
        });
    ascii("\n\n", out);
    write(out);
    tellBackend(connection);
  }

  private void tellBackend(Connection connection) {
    if (known != null) {
      String id = connection.id();
      known.opened(connection.identity(), id, NO_SESSION, false);
      netty.closeFuture().addListener(closed -> known.closed(id));
    }
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    assert netty.eventLoop().inEventLoop();
    EventBytes bytes = format.of(run);
    int end = run.events().size();
    if (!several || run.epoch().isEphemeral()) {
      bytes.writeFrom(index, outlet());
      return end;
    }
    for (int i = index; i < end; i++) {
      write(bytes.at(i));
      String position = connection().position(subscription, run.events().get(i).getOffset());
      ByteBuf out = netty.alloc().directBuffer(8 + position.length());
      ascii("\nid: " + position + "\n\n", out);
      write(out);
    }
    return end;
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    assert netty.eventLoop().inEventLoop();
    ByteBuf out = netty.alloc().directBuffer(256);
    ascii("event: " + type(notice) + "\ndata: ", out);
    NoticeJson.write(subscription.scope(), notice, out);
    ascii("\nid: " + connection().position() + "\n\n", out);
    write(out);
  }

  /** A client that is cut off before the snapshot is complete begins with another one. */
  @Override
  public void state(Subscription subscription, StateBlock block) {
    assert netty.eventLoop().inEventLoop();
    ByteBuf out = netty.alloc().directBuffer(512 + block.bytes());
    ascii("event: tw.state\ndata: ", out);
    StateJson.write(subscription.scope().toString(), block, out);
    ascii((block.last() ? "\nid: " + connection().position() : "") + "\n\n", out);
    write(out);
  }

  @Override
  public void presence(PresenceUpdate update) {
    assert netty.eventLoop().inEventLoop();
    ByteBuf out = netty.alloc().directBuffer(32 + update.json().length);
    ascii("event: tw.presence\ndata: ", out);
    out.writeBytes(update.json());
    ascii("\n\n", out);
    write(out);
  }

  private static String type(Notice notice) {
    return switch (notice) {
      case Notice.Live live -> "tw.live";
      case Notice.End end -> "tw.end";
      case Notice.Reset reset -> "tw.reset";
      case Notice.PartitionsReset reset -> "tw.reset";
    };
  }

  @Override
  public boolean wantsPushes() {
    return known != null;
  }

  /** Without an id: it has no place in any log. */
  @Override
  public void push(String type, Payload payload) {
    ByteString data = payload.data();
    assert netty.eventLoop().inEventLoop();
    ByteBuf out = netty.alloc().directBuffer(128 + 2 * data.size());
    ascii("event: tw.push\ndata: ", out);
    JsonText.object(
        out,
        json -> {
          json.writeStringField("type", type);
          if (payload.isBytes()) {
            json.writeStringField("encoding", "base64");
            json.writeStringField("data", Base64.getEncoder().encodeToString(data.toByteArray()));
          } else {
            json.writeFieldName("data");
            json.writeRawValue(EventJson.oneLine(data));
          }
        });
    ascii("\n\n", out);
    write(out);
  }

  @Override
  public void expiring(long inMs) {
    ByteBuf out = netty.alloc().directBuffer(64);
    ascii("event: tw.expiring\ndata: ", out);
    JsonText.object(out, json -> json.writeNumberField("in_ms", inMs));
    ascii("\n\n", out);
    write(out);
  }

  @Override
  public void heartbeat() {
    write(HEARTBEAT.duplicate());
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE, BAD_FRAME, REPLACED -> last("");
      case EXPIRED, UNAUTHORIZED, NOT_YET_VALID, FORBIDDEN ->
          last("event: tw.expired\ndata: {}\n\n");
      case REVOKED -> last("event: tw.expired\ndata: {\"code\":\"token_revoked\"}\n\n");
      case GOING_AWAY, TOO_MANY -> last(retryBlock(ErrorCode.UNAVAILABLE, "", retryDelay.nextMs()));
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private void last(String block) {
    Outlet.end(netty, Unpooled.copiedBuffer(block, StandardCharsets.US_ASCII));
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
        + "\nevent: tw.retry\ndata: "
        + JsonText.object(
            json -> {
              json.writeStringField("code", code.wire());
              json.writeNumberField("retry_ms", retryMs);
            })
        + "\n\n";
  }

  private Connection connection() {
    return Objects.requireNonNull(connection, "written to before it was opened");
  }

  @Override
  public Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }

  private void write(ByteBuf bytes) {
    outlet().write(bytes);
  }
}
