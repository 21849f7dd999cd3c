package io.tailwater.edge.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFutureListener;
import io.tailwater.contract.Channel;
import io.tailwater.edge.log.Cursor;
import io.tailwater.edge.log.Missed;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: the transport of a polling protocol. It collects what
 * its cursors deliver, hands it to an {@link Answer}, and ends the connection with that. It does so
 * when there is something to report and every cursor is up to date, when the answer is full, or
 * when the time is over. The Netty channel stays with the HTTP server.
 */
public final class Collector implements Transport, Opens, Transport.Buffers {
  /** An answer is full with this many bytes of events, though it has one at least. */
  private static final int FULL_BYTES = 1 << 20;

  /** How long events that are in the log may take to arrive, for a client that does not wait. */
  private static final int PATIENCE_SECONDS = 5;

  private final io.netty.channel.Channel netty;
  private final String name;
  private final int waitSeconds;
  private final int limit;
  private final Answer answer;
  private final ByteBuf events;
  private final Set<Channel> upToDate = new HashSet<>();
  private final Set<Channel> ended = new LinkedHashSet<>();
  private final Map<Channel, Missed> resets = new LinkedHashMap<>();
  private int count;
  private boolean done;
  private @Nullable Connection connection;
  private java.util.concurrent.@Nullable Future<?> timeout;
  private @Nullable ChannelFutureListener hangUp;

  /**
   * @param name the protocol's name, as {@link Transport#name}
   * @param waitSeconds how long to wait for the first event; 0 for what is in the log by now
   * @param limit most events in the answer
   */
  public Collector(
      io.netty.channel.Channel netty, String name, int waitSeconds, int limit, Answer answer) {
    this.netty = netty;
    this.name = name;
    this.waitSeconds = waitSeconds;
    this.limit = limit;
    this.answer = answer;
    this.events = netty.alloc().buffer(0);
  }

  /** How a polling protocol writes its answer. On the connection's event loop. */
  public interface Answer {
    /** How an event is written. */
    WireFormat<EventBytes> events();

    /** Writes what separates two events. */
    void separate(ByteBuf out);

    /** Sends the answer. Called once, unless the client leaves first. */
    void complete(Collected collected);
  }

  /**
   * The contents of an answer.
   *
   * @param events the events as the answer writes them; to be read before {@code complete} returns
   * @param position where the client is to continue
   * @param live whether these are all events that there were
   * @param resets the channels whose positions could not be honoured
   * @param ended the channels that have ended
   */
  public record Collected(
      ByteBuf events,
      String position,
      boolean live,
      Map<Channel, Missed> resets,
      Set<Channel> ended) {}

  @Override
  public String name() {
    return name;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert netty.eventLoop().inEventLoop();
    this.connection = connection;
    ChannelFutureListener hangUp = closed -> gone();
    this.hangUp = hangUp;
    netty.closeFuture().addListener(hangUp);
    int seconds = waitSeconds == 0 ? PATIENCE_SECONDS : waitSeconds;
    timeout = netty.eventLoop().schedule(this::respond, seconds, TimeUnit.SECONDS);
  }

  @Override
  public boolean writable() {
    assert netty.eventLoop().inEventLoop();
    return !done && count < limit && events.readableBytes() < FULL_BYTES;
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    assert netty.eventLoop().inEventLoop();
    EventBytes bytes = answer.events().of(run);
    int next = index;
    while (next < run.events().size() && writable()) {
      if (count++ > 0) {
        answer.separate(events);
      }
      ByteBuf event = bytes.at(next++);
      events.writeBytes(event);
      event.release();
    }
    return next;
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    assert netty.eventLoop().inEventLoop();
    Channel channel = cursor.channel();
    switch (notice) {
      case Notice.Live live -> upToDate.add(channel);
      case Notice.End end -> {
        upToDate.add(channel);
        ended.add(channel);
      }
      case Notice.Reset(Missed missed) -> {
        upToDate.remove(channel);
        resets.put(channel, missed);
      }
    }
  }

  @Override
  public long bufferedBytes() {
    assert netty.eventLoop().inEventLoop();
    return done ? 0 : events.readableBytes();
  }

  @Override
  public void flush() {
    assert netty.eventLoop().inEventLoop();
    boolean something = count > 0 || !resets.isEmpty() || !ended.isEmpty();
    if (!writable() || live() && (something || waitSeconds == 0)) {
      respond();
    }
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE, BAD_FRAME, UNAUTHORIZED, EXPIRED, FORBIDDEN, TOO_MANY, GOING_AWAY -> respond();
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private boolean live() {
    return connection != null && upToDate.size() == connection.cursors().size();
  }

  private void respond() {
    if (connection == null || !release()) {
      return;
    }
    Collected collected = new Collected(events, connection.position(), live(), resets, ended);
    connection.end(Disconnect.COMPLETE);
    answer.complete(collected);
    events.release();
  }

  private void gone() {
    if (connection != null && release()) {
      events.release();
      connection.onGone();
    }
  }

  /** Releases everything but the events; false if that was done before. */
  private boolean release() {
    if (done) {
      return false;
    }
    done = true;
    if (timeout != null) {
      timeout.cancel(false);
    }
    if (hangUp != null) {
      netty.closeFuture().removeListener(hangUp);
    }
    return true;
  }
}
