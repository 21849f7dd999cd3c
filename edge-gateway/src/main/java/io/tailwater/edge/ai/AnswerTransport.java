package io.tailwater.edge.ai;

import io.micronaut.serde.ObjectMapper;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.connection.OutletTransport;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.http.Takeover;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Subscription;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: an answer as an event stream of another protocol, which
 * has none of our own blocks. It is sent in chunks, since these clients take a stream without
 * chunks for complete when its gateway has died.
 */
final class AnswerTransport implements OutletTransport, Opens, Transport.Beats {
  private static final String HEARTBEAT = ":\n";
  private static final String LAST_CHUNK = "0\r\n\r\n";

  private final String name;
  private final Channel netty;
  private final Map<String, String> headers;
  private final boolean chunked;
  private final AnswerFormat format;
  private final ObjectMapper json;
  private final Consumer<Boolean> ended;
  private @Nullable Outlet outlet;
  private boolean over;

  /**
   * @param name of the protocol
   * @param headers of the response
   * @param chunked whether the client reads chunks
   * @param ended called once, when the connection is gone, with whether the client has the whole
   *     answer
   */
  AnswerTransport(
      String name,
      Channel netty,
      Map<String, String> headers,
      boolean chunked,
      AnswerFormat format,
      ObjectMapper json,
      Consumer<Boolean> ended) {
    this.name = name;
    this.netty = netty;
    this.headers = headers;
    this.chunked = chunked;
    this.format = format;
    this.json = json;
    this.ended = ended;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert netty.eventLoop().inEventLoop();
    this.outlet = new Outlet(netty, connection.loop());
    if (chunked) {
      Takeover.beginChunked(netty, headers, connection);
    } else {
      Takeover.begin(netty, headers, connection);
    }
    netty.closeFuture().addListener(closed -> ended.accept(over));
    write(format.begin());
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    assert netty.eventLoop().inEventLoop();
    for (int i = index; i < run.events().size(); i++) {
      Event event = run.events().get(i);
      AnswerEvent read = AnswerEvent.of(event, json);
      if (read != null) {
        over |= read.ends();
        write(format.event(read, new Position(run.epoch(), event.getOffset())));
      }
    }
    return run.events().size();
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    // These protocols have nothing for them.
  }

  @Override
  public void heartbeat() {
    write(HEARTBEAT);
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE -> last(over ? "" : format.brokenOff(disconnect));
      case EXPIRED,
          UNAUTHORIZED,
          NOT_YET_VALID,
          FORBIDDEN,
          REVOKED,
          GOING_AWAY,
          TOO_MANY,
          BAD_FRAME ->
          last(format.brokenOff(disconnect));
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private void last(@Nullable String words) {
    if (words == null) {
      netty.close();
    } else {
      Outlet.end(netty, bytes(framed(words) + (chunked ? LAST_CHUNK : "")));
    }
  }

  @Override
  public Outlet outlet() {
    return Objects.requireNonNull(outlet, "written to before it was opened");
  }

  private void write(String text) {
    if (!text.isEmpty()) {
      outlet().write(bytes(framed(text)));
    }
  }

  private String framed(String text) {
    return chunked && !text.isEmpty()
        ? Integer.toHexString(ByteBufUtil.utf8Bytes(text)) + "\r\n" + text + "\r\n"
        : text;
  }

  private ByteBuf bytes(String text) {
    ByteBuf out = netty.alloc().directBuffer(ByteBufUtil.utf8Bytes(text));
    ByteBufUtil.writeUtf8(out, text);
    return out;
  }
}
