package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One reader of one channel: a position that only moves forward. Confined to its session's event
 * loop. The package's documentation tells the idea.
 */
public final class Cursor {
  private final Reader reader;
  private final Channel channel;
  private final long nameHash;
  private final SlowReaders slowReaders;
  private Epoch epoch;
  private long offset;
  private @Nullable TailView view;

  /**
   * Where the log was known to end when this cursor joined its tail; what was there then is replay,
   * the rest is new.
   */
  private long liveAfter;

  private boolean live;
  private Pace pace = Pace.CURRENT;
  private boolean ended;
  private boolean awaitingPage;
  private boolean paused;
  private boolean expecting;
  private boolean unsubscribed;

  /** Where it stands in its view's array. */
  int index = -1;

  public Cursor(Reader reader, Opened opened) {
    this.reader = reader;
    this.channel = opened.tail().channel();
    this.nameHash = Positions.hash(channel);
    this.slowReaders = opened.slowReaders();
    this.epoch = opened.position().epoch();
    this.offset = opened.position().offset();
    this.liveAfter = opened.liveAfter();
  }

  /** How a reader that was live keeps up. One that replays what it missed elsewhere is current. */
  private enum Pace {
    CURRENT,
    /** Its transport could not take what there was. */
    BEHIND,
    /** Then its tail let go what comes next for it. */
    SLOW
  }

  public Channel channel() {
    return channel;
  }

  /** {@link Positions#hash} of the channel's name. */
  public long nameHash() {
    return nameHash;
  }

  public boolean ended() {
    return ended;
  }

  /** Through where everything of the channel was handed to the transport. */
  public Position position() {
    return new Position(epoch, offset());
  }

  public Epoch epoch() {
    return epoch;
  }

  /**
   * The offset of {@link #position}; a cursor that has everything stands where its partition does,
   * one of an ephemeral channel at its only position.
   */
  public long offset() {
    return epoch.isEphemeral() ? Position.BEFORE_FIRST : reached();
  }

  private long reached() {
    TailView view = this.view;
    if (view == null || ended || !view.epoch().equals(epoch) || !view.isCurrent(offset)) {
      return offset;
    }
    return Math.max(offset, view.through());
  }

  /** How many offsets of its partition it is behind; 0 for one that has everything. */
  public long lag() {
    return view == null ? 0 : Math.max(0, view.through() - reached());
  }

  /**
   * How it stands, in the words of the contract.
   *
   * @param state {@code live}, {@code replay} or {@code waiting}
   * @param reason why it is not live, empty if it is
   */
  public record Standing(String state, String reason) {}

  public Standing standing() {
    if (view == null) {
      return ended ? new Standing("waiting", "ended") : new Standing("waiting", "opening");
    }
    if (!reader.writable()) {
      return new Standing("waiting", "unwritable");
    }
    if (paused) {
      return new Standing("waiting", "replay_rate");
    }
    if (live && !awaitingPage) {
      return new Standing("live", "");
    }
    return new Standing("replay", pace == Pace.SLOW ? "slow" : "history");
  }

  /** Writes down where a cursor stands that has everything. */
  void settle() {
    offset = reached();
  }

  void joined(TailView view) {
    this.view = view;
    liveAfter = view.epoch().equals(epoch) ? Math.max(liveAfter, view.through()) : view.through();
  }

  void left() {
    view = null;
  }

  /** Nobody reads it any more, though it may still be about to join its tail. */
  public void unsubscribe() {
    unsubscribed = true;
    TailView view = this.view;
    if (view != null) {
      view.leave(this);
    }
  }

  boolean unsubscribed() {
    return unsubscribed;
  }

  @Nullable TailView view() {
    return view;
  }

  /** The only delivery loop: moves this cursor forward while its transport is writable. */
  public void pump() {
    TailView view = this.view;
    if (view == null || ended || awaitingPage) {
      return;
    }
    while (reader.writable()) {
      if (!view.epoch().equals(epoch) || offset < view.floor()) {
        if (pace != Pace.CURRENT && view.epoch().equals(epoch) && passesOver(view)) {
          continue;
        }
        askPage(view);
        return;
      }
      Run run = view.runAfter(offset);
      if (run == null) {
        upToDate(view);
        return;
      }
      deliver(run);
    }
    if (live
        && pace == Pace.CURRENT
        && view.epoch().equals(epoch)
        && (view.runAfter(offset) != null || offset < view.floor())) {
      pace = Pace.BEHIND;
    }
  }

  /** Asks for the page after its position, when its client may be given one. */
  private void askPage(TailView view) {
    awaitingPage = true;
    long waitMs = reader.replayPauseMs();
    if (waitMs == 0) {
      view.awaitPage(this, new Position(epoch, offset));
    } else {
      paused = true;
      EdgeLoop loop = view.loop();
      loop.eventLoop().schedule(() -> askAgain(loop), waitMs, TimeUnit.MILLISECONDS);
    }
  }

  private void askAgain(EdgeLoop loop) {
    paused = false;
    awaitingPage = false;
    pump();
    loop.flush();
  }

  /** This reader is slow: whether its namespace says that it gets no page for that. */
  private boolean passesOver(TailView view) {
    if (pace == Pace.BEHIND) {
      pace = Pace.SLOW;
      reader.fellBehind(slowReaders);
    }
    return switch (slowReaders) {
      case LAG, UNRECOGNIZED -> false;
      case LATEST -> {
        // The newest event is not skipped: it may be the last one, and close the channel.
        Run newest = view.newest();
        if (newest == null) {
          yield false;
        }
        long before = Math.max(view.floor(), newest.events().getLast().getOffset() - 1);
        missed(new Missed(Missed.Reason.SKIPPED, new Position(epoch, before)));
        yield true;
      }
      case DISCONNECT -> true;
    };
  }

  /** The partition has moved on, which this cursor waited for. */
  void expected() {
    expecting = false;
    pump();
  }

  private void upToDate(TailView view) {
    if (!live) {
      if (view.through() < liveAfter) {
        if (!expecting) {
          expecting = true;
          view.expect(this);
        }
        return;
      }
      live = true;
      reader.notice(this, new Notice.Live());
    }
    pace = Pace.CURRENT;
    if (view.closedBefore()) {
      end();
    }
  }

  private void end() {
    offset = reached();
    ended = true;
    reader.notice(this, new Notice.End());
  }

  private void deliver(Run run) {
    int first = run.indexAfter(offset);
    int size = run.events().size();
    int next = first < size ? reader.deliver(this, run, first) : size;
    if (next < size) {
      offset = run.events().get(next - 1).getOffset();
      return;
    }
    offset = Math.max(offset, run.through());
    if (!live && offset >= liveAfter) {
      live = true;
      reader.notice(this, new Notice.Live());
    }
  }

  /**
   * A page has come. Its run may begin before this cursor; never after it, unless {@code missed}
   * says why.
   *
   * @param missed the position that was asked for could not be honoured
   */
  void page(Run run, @Nullable Missed missed) {
    awaitingPage = false;
    if (view == null || ended) {
      return;
    }
    if (reader.writable()) {
      if (missed != null) {
        missed(missed);
      }
      if (run.epoch().equals(epoch) && run.from() <= offset) {
        int first = run.indexAfter(offset);
        deliver(run);
        reader.replayed(run, first, run.indexAfter(offset));
      }
      pump();
    }
    // Otherwise the page is dropped: the cursor asks again from where it stands when it can write.
  }

  /** Goes on after another position, and says so. */
  public void missed(Missed missed) {
    epoch = missed.earliest().epoch();
    offset = missed.earliest().offset();
    live = false;
    if (view != null) {
      liveAfter = view.through();
    }
    reader.notice(this, new Notice.Reset(missed));
  }

  /** Says the position again, on a quiet channel. */
  public void restate() {
    if (live && !ended) {
      reader.notice(this, new Notice.Live());
    }
  }
}
