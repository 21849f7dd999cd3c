package io.tailwater.edge.connection;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.SnapshotText;
import io.tailwater.edge.log.StateBlock;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.log.WireFormat;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: the transport of a polling protocol. It collects what
 * its cursors deliver, hands it to an {@link Answer}, and ends the connection with that. It does so
 * when there is something to report and every cursor is up to date, when the answer is full, or
 * when the time is over. The Netty channel stays with the HTTP server.
 */
public final class Collector
    implements Transport, Opens, Transport.Buffers, Transport.Bounded, Transport.States {
  /** An answer is full with this many bytes of events, though it has one at least. */
  private static final int FULL_BYTES = 1 << 20;

  /** How much may be looked through and left out for one answer, bytes of events. */
  private static final long MAX_LEFT_OUT_BYTES = 4L << 20;

  /** How long the log may be looked through for one answer, if events were left out. */
  private static final int LOOK_THROUGH_SECONDS = 2;

  /** How long events that are in the log may take to arrive, for a client that does not wait. */
  private static final int PATIENCE_SECONDS = 5;

  private final io.netty.channel.Channel netty;
  private final String name;
  private int waitSeconds;
  private final int limit;
  private final Answer answer;
  private final ByteBuf events;
  private final Set<Subscription> upToDate = new HashSet<>();
  private final Set<Scope> ended = new LinkedHashSet<>();
  private final List<String> resets = new ArrayList<>();
  private final List<String> states = new ArrayList<>();
  private int stateBytes;
  private int count;
  private long leftOut;
  private boolean done;
  private @Nullable Connection connection;
  private java.util.concurrent.@Nullable Future<?> timeout;
  private java.util.concurrent.@Nullable Future<?> lookThrough;
  private @Nullable HangUp hangUp;

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

    /** Sends the answer. Called once, unless the client leaves first or is refused. */
    void complete(Collected collected);

    /** Answers that the request is refused after all, instead. */
    void refuse(RequestException refusal);
  }

  /**
   * The contents of an answer.
   *
   * @param events the events as the answer writes them; to be read before {@code complete} returns
   * @param position where the client is to continue
   * @param live whether these are all events that there were
   * @param more whether a snapshot is not complete: the client is to ask for its next block
   * @param states blocks of snapshots, as JSON
   * @param resets the positions that could not be honoured, as JSON
   * @param ended the channels that have ended
   */
  public record Collected(
      ByteBuf events,
      String position,
      boolean live,
      boolean more,
      List<String> states,
      List<String> resets,
      Set<Scope> ended) {}

  @Override
  public String name() {
    return name;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    assert netty.eventLoop().inEventLoop();
    this.connection = connection;
    hangUp = new HangUp(netty, this::gone);
    int seconds = waitSeconds == 0 ? PATIENCE_SECONDS : waitSeconds;
    timeout = netty.eventLoop().schedule(this::respond, seconds, TimeUnit.SECONDS);
    lookThrough =
        netty.eventLoop().schedule(this::onLookedThrough, LOOK_THROUGH_SECONDS, TimeUnit.SECONDS);
    InputEnd.onReached(netty, this::hurry);
  }

  /** The client sends no more. It may be gone, so it gets what there is now. */
  private void hurry() {
    if (waitSeconds == 0 || done) {
      return;
    }
    waitSeconds = 0;
    if (timeout != null) {
      timeout.cancel(false);
    }
    timeout = netty.eventLoop().schedule(this::respond, PATIENCE_SECONDS, TimeUnit.SECONDS);
    if (live()) {
      respond();
    }
  }

  @Override
  public boolean writable() {
    assert netty.eventLoop().inEventLoop();
    return !done
        && count < limit
        && events.readableBytes() + stateBytes < FULL_BYTES
        && leftOut < MAX_LEFT_OUT_BYTES;
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
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
  public void state(Subscription subscription, StateBlock block) {
    assert netty.eventLoop().inEventLoop();
    String json = StateJson.of(subscription.scope().toString(), block);
    states.add(json);
    stateBytes += json.length();
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    assert netty.eventLoop().inEventLoop();
    Scope scope = subscription.scope();
    switch (notice) {
      case Notice.Live live -> upToDate.add(subscription);
      case Notice.End end -> {
        upToDate.add(subscription);
        ended.add(scope);
      }
      case Notice.Reset reset -> {
        upToDate.remove(subscription);
        resets.add(NoticeJson.of(scope, notice));
      }
      case Notice.PartitionsReset reset -> {
        upToDate.remove(subscription);
        resets.add(NoticeJson.of(scope, notice));
      }
    }
  }

  @Override
  public void leftOut(long bytes) {
    assert netty.eventLoop().inEventLoop();
    leftOut += bytes;
  }

  /** Answers with what there is, if it is not all because most of the log is left out. */
  private void onLookedThrough() {
    if (leftOut > 0 && !live()) {
      respond();
    }
  }

  @Override
  public long bufferedBytes() {
    assert netty.eventLoop().inEventLoop();
    return done ? 0 : events.readableBytes() + stateBytes;
  }

  @Override
  public void flush() {
    assert netty.eventLoop().inEventLoop();
    boolean something = count > 0 || !states.isEmpty() || !resets.isEmpty() || !ended.isEmpty();
    if (!writable() || live() && (something || waitSeconds == 0)) {
      respond();
    }
  }

  @Override
  public void end(Disconnect disconnect) {
    assert netty.eventLoop().inEventLoop();
    switch (disconnect) {
      case COMPLETE,
          BAD_FRAME,
          UNAUTHORIZED,
          NOT_YET_VALID,
          EXPIRED,
          FORBIDDEN,
          REPLACED,
          TOO_MANY,
          GOING_AWAY ->
          respond();
      case REVOKED -> refuse(disconnect);
      case TOO_SLOW -> netty.close();
      case RESET -> Outlet.reset(netty);
    }
  }

  private boolean live() {
    return connection != null && upToDate.size() == connection.subscriptions().size();
  }

  private void respond() {
    if (connection == null || !release()) {
      return;
    }
    boolean more = !connection.subscriptions().stream().allMatch(Subscription::hasPosition);
    String position =
        more
            ? SnapshotText.of(connection.position(), connection.subscriptions())
            : connection.position();
    Collected collected = new Collected(events, position, live(), more, states, resets, ended);
    connection.end(Disconnect.COMPLETE);
    answer.complete(collected);
    events.release();
  }

  /** Nothing that was collected goes to a caller whose token was taken back. */
  private void refuse(Disconnect disconnect) {
    if (connection != null && release()) {
      events.release();
      answer.refuse(new RequestException(ErrorCode.TOKEN_REVOKED, disconnect.reason(), 0));
    }
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
    InputEnd.ignore(netty);
    if (timeout != null) {
      timeout.cancel(false);
    }
    if (lookThrough != null) {
      lookThrough.cancel(false);
    }
    if (hangUp != null) {
      hangUp.ignore();
    }
    return true;
  }
}
