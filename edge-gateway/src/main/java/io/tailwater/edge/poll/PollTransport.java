package io.tailwater.edge.poll;

import io.micronaut.http.HttpResponse;
import io.micronaut.http.MediaType;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Collects what its cursors are given into one answer, and ends with it: when they have everything
 * and there is something to say, when the answer is full, or when its time is over. The connection
 * stays with the HTTP server.
 */
final class PollTransport implements Transport {
  /** An answer is full with this many bytes of events, though it has one at least. */
  private static final int FULL_BYTES = 1 << 20;

  /** How long what is in the log may take to come here, when nobody wants to wait. */
  private static final int PATIENCE_SECONDS = 5;

  private final Channel connection;
  private final Poll poll;
  private final CompletableFuture<HttpResponse<?>> answer;
  private final ByteBuf events;
  private final Set<Cursor> upToDate = new HashSet<>();
  private final Set<Cursor> ended = new LinkedHashSet<>();
  private final Map<Cursor, Missed> resets = new LinkedHashMap<>();
  private int count;
  private boolean done;
  private @Nullable Connection session;
  private java.util.concurrent.@Nullable Future<?> timeout;
  private @Nullable ChannelFutureListener hangUp;

  PollTransport(Channel connection, Poll poll, CompletableFuture<HttpResponse<?>> answer) {
    this.connection = connection;
    this.poll = poll;
    this.answer = answer;
    this.events = connection.alloc().buffer(0);
  }

  @Override
  public void open(Connection session, StreamOpening opening) {
    this.session = session;
    ChannelFutureListener hangUp = closed -> gone();
    this.hangUp = hangUp;
    connection.closeFuture().addListener(hangUp);
    int seconds = poll.waitSeconds() == 0 ? PATIENCE_SECONDS : poll.waitSeconds();
    timeout = connection.eventLoop().schedule(this::respond, seconds, TimeUnit.SECONDS);
  }

  @Override
  public boolean writable() {
    return !done && count < poll.limit() && events.readableBytes() < FULL_BYTES;
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    EventBytes bytes = PollFormat.JSON.of(run);
    int next = index;
    while (next < run.events().size() && writable()) {
      if (count++ > 0) {
        events.writeByte(',');
      }
      ByteBuf event = bytes.at(next++);
      events.writeBytes(event);
      event.release();
    }
    return next;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    switch (notice) {
      case Notice.Live live -> upToDate.add(cursor);
      case Notice.End end -> {
        upToDate.add(cursor);
        ended.add(cursor);
      }
      case Notice.Reset(Missed missed) -> {
        upToDate.remove(cursor);
        resets.put(cursor, missed);
      }
    }
  }

  @Override
  public void expiring(long inMs) {
    // An answer comes before that, or when the session ends.
  }

  @Override
  public void heartbeat() {
    // Nobody listens before the answer.
  }

  @Override
  public long bufferedBytes() {
    return done ? 0 : events.readableBytes();
  }

  @Override
  public void flush() {
    boolean something = count > 0 || !resets.isEmpty() || !ended.isEmpty();
    if (!writable() || live() && (something || poll.waitSeconds() == 0)) {
      respond();
    }
  }

  @Override
  public void end(Farewell farewell) {
    switch (farewell) {
      case COMPLETE, EXPIRED, RETRY -> respond();
      case SILENT -> connection.close();
      case RESET -> {
        connection.config().setOption(ChannelOption.SO_LINGER, 0);
        connection.close();
      }
    }
  }

  private boolean live() {
    return session != null && upToDate.size() == session.cursors().size();
  }

  private void respond() {
    if (session == null || !release()) {
      return;
    }
    ByteBuf body = connection.alloc().buffer(events.readableBytes() + 256);
    write("{\"events\":[", body);
    body.writeBytes(events);
    events.release();
    write("],\"next\":\"" + session.position() + "\",\"live\":" + live(), body);
    write(",\"resets\":[", body);
    String separator = "";
    for (Map.Entry<Cursor, Missed> reset : resets.entrySet()) {
      write(separator + "{\"channel\":", body);
      EventJson.writeString(reset.getKey().channel().toString(), body);
      write(",\"reason\":\"" + reset.getValue().reason().wire(), body);
      write("\",\"earliest\":\"" + reset.getValue().earliest() + "\"}", body);
      separator = ",";
    }
    write("],\"ended\":[", body);
    separator = "";
    for (Cursor cursor : ended) {
      write(separator, body);
      EventJson.writeString(cursor.channel().toString(), body);
      separator = ",";
    }
    write("]}", body);
    byte[] bytes = ByteBufUtil.getBytes(body);
    body.release();
    session.end(Farewell.COMPLETE);
    answer.complete(HttpResponse.ok(bytes).contentType(MediaType.APPLICATION_JSON_TYPE));
  }

  private void gone() {
    if (session != null && release()) {
      events.release();
      session.onGone();
    }
  }

  /** Lets everything but the events go; false if that was done before. */
  private boolean release() {
    if (done) {
      return false;
    }
    done = true;
    if (timeout != null) {
      timeout.cancel(false);
    }
    if (hangUp != null) {
      connection.closeFuture().removeListener(hangUp);
    }
    return true;
  }

  private static void write(String text, ByteBuf out) {
    ByteBufUtil.writeAscii(out, text);
  }
}
