package io.tailwater.edge.log;

import static io.tailwater.edge.log.CursorState.AWAITING_PAGE;
import static io.tailwater.edge.log.CursorState.BEHIND;
import static io.tailwater.edge.log.CursorState.ENDED;
import static io.tailwater.edge.log.CursorState.EXPECTING;
import static io.tailwater.edge.log.CursorState.LEFT;
import static io.tailwater.edge.log.CursorState.LIVE;
import static io.tailwater.edge.log.CursorState.OPENING;
import static io.tailwater.edge.log.CursorState.PAUSED;
import static io.tailwater.edge.log.CursorState.REPLAYING;
import static io.tailwater.edge.log.CursorState.SLOW;
import static io.tailwater.edge.log.CursorState.SNAPSHOT;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its connection's event loop: one reader of one channel, a position that only moves
 * forward. A reader of a pattern has a cursor for each partition, which reads the pattern's events
 * in it; see {@link Subscription}.
 *
 * <h2>One log, one cursor</h2>
 *
 * Every channel is a log, and every subscriber is a cursor over it, whatever its protocol. The
 * gateway itself is a cursor too, one per Kafka partition: the {@code through} of a partition's
 * feed. A {@link Run} is a stretch of one channel's log, encoded once for each wire format. A live
 * segment and a page of replay both become runs. So replay, live delivery and catching up are the
 * same few lines, {@link #pump}, and there is no seam between them in which an event could be lost:
 *
 * <ul>
 *   <li>The cursor lies below the floor of its channel's tail: it waits for a page.
 *   <li>The tail holds a run beyond the cursor: it delivers the run.
 *   <li>The tail holds nothing beyond it: the cursor is live, and moves with its partition.
 * </ul>
 *
 * A reader that is not writable is given nothing. Its cursor falls behind, and goes on when the
 * reader can take more. What a client holds is its position, so any gateway can continue it.
 *
 * <h2>States</h2>
 *
 * <pre>
 * OPENING ──join──&gt; (SNAPSHOT ──complete──&gt;) REPLAYING &lt;──&gt; EXPECTING      the log holds more than came here
 *                       │ has everything
 *                       v
 *                     LIVE ──not writable──&gt; BEHIND ──below the floor──&gt; SLOW ──skip──&gt; SKIPPED
 *                       ^                       │                          │               │
 *                       └──── has everything ───┴──────────────────────────┴───────────────┘
 *
 * below the floor: any of these ──&gt; AWAITING_PAGE (or PAUSED before) ──page──&gt; what it was
 * has everything of a closed channel: ENDED; nobody reads it: LEFT
 * </pre>
 *
 * A cursor of a reader that wants the state of its channel begins in SNAPSHOT, and again after each
 * reset. It delivers the state in blocks, one at a time, each while its reader is writable. Then it
 * replays from the position that the snapshot stands for, like any other cursor. Until then it has
 * no position to hand out. Its tail moves on meanwhile, and keeps nothing for it.
 *
 * <p>Whether a slow cursor reads pages, skips, or stops is decided by {@link BelowFloor}. A
 * position that cannot be honoured is announced by a reset, after which the cursor replays.
 *
 * <h2>Who owns what</h2>
 *
 * A partition's feed and its tails belong to one event loop. Each loop with readers has its own
 * {@link PartitionView}, which the feed's loop updates by tasks, in order. A connection and its
 * cursors belong to the connection's loop. Runs are immutable and counted by reference.
 */
public final class Cursor extends TailView.Subscriber {
  /** How long it waits before it asks again for a block of a snapshot that could not be read. */
  private static final long RETRY_MS = 250;

  private final Reader<Cursor> reader;
  private final int partition;
  private final SlowReaders slowReaders;
  private final boolean stateful;
  private CursorState state = OPENING;

  /** How much of a snapshot was delivered; null if none is due. */
  private @Nullable SnapshotPoint snapshot;

  /** The state after {@code AWAITING_PAGE} and {@code PAUSED}; has no meaning in any other. */
  private CursorState resumed = REPLAYING;

  private Epoch epoch;
  private long offset;

  /**
   * The end of the log when this cursor joined its tail, as far as known: what was there then is
   * replay, the rest is new.
   */
  private long liveAfter;

  /** Null before {@link #join}, and once the cursor has left. */
  private @Nullable TailView view;

  Cursor(Reader<Cursor> reader, Opened opened) {
    this.reader = reader;
    this.partition = opened.partition();
    this.slowReaders = opened.slowReaders();
    this.stateful = opened.stateful();
    this.snapshot = opened.snapshot();
    this.epoch = opened.position().epoch();
    this.offset = opened.position().offset();
    this.liveAfter = opened.liveAfter();
  }

  /** The partition that it reads. */
  int partition() {
    return partition;
  }

  boolean ended() {
    return state == ENDED;
  }

  /** Whether it has a {@link #position}; not before a snapshot that is due is complete. */
  boolean hasPosition() {
    return snapshot == null;
  }

  /** How much of a snapshot was delivered; null if none is due. */
  @Nullable SnapshotPoint snapshot() {
    return snapshot;
  }

  /** The position through which everything was handed to the reader. */
  Position position() {
    return new Position(epoch, offset());
  }

  Epoch epoch() {
    return epoch;
  }

  /**
   * The offset of {@link #position}. A cursor that has everything stands where its partition does;
   * one of an ephemeral channel stands at the only position there is.
   */
  long offset() {
    return epoch.isEphemeral() ? Position.BEFORE_FIRST : reached();
  }

  private long reached() {
    TailView view = this.view;
    boolean follows = state.reads() && snapshot == null;
    if (view == null || !follows || !view.epoch().equals(epoch) || !view.isCurrent(offset)) {
      return offset;
    }
    return Math.max(offset, view.through());
  }

  /** How many offsets of its partition it is behind; 0 for one that has everything. */
  long lag() {
    assert owned();
    TailView view = this.view;
    return view == null || !state.reads() ? 0 : Math.max(0, view.through() - reached());
  }

  /** What it does. */
  Standing standing() {
    assert owned();
    if (state.reads() && !reader.writable()) {
      return new Standing("waiting", "unwritable");
    }
    return switch (state) {
      case OPENING -> new Standing("waiting", "opening");
      case LIVE, BEHIND, SLOW -> new Standing("live", "");
      case SNAPSHOT -> new Standing("replay", "state");
      case REPLAYING, EXPECTING -> new Standing("replay", "history");
      case SKIPPED -> new Standing("replay", "slow");
      case AWAITING_PAGE ->
          switch (resumed) {
            case SLOW, SKIPPED -> new Standing("replay", "slow");
            case SNAPSHOT -> new Standing("replay", "state");
            case OPENING, REPLAYING, EXPECTING, LIVE, BEHIND, AWAITING_PAGE, PAUSED, ENDED, LEFT ->
                new Standing("replay", "history");
          };
      case PAUSED -> new Standing("waiting", "replay_rate");
      case ENDED, LEFT -> new Standing("waiting", "ended");
    };
  }

  @Override
  void settle() {
    assert owned();
    offset = reached();
  }

  @Override
  void join(TailView view) {
    assert view.loop().inLoop();
    if (state == LEFT) {
      view.decline();
      return;
    }
    view.add(this);
    this.view = view;
    state = snapshot == null ? REPLAYING : SNAPSHOT;
    liveAfter = view.epoch().equals(epoch) ? Math.max(liveAfter, view.through()) : view.through();
    pump();
  }

  /** Nobody reads it any more, though it may still be about to join its tail. */
  void unsubscribe() {
    assert owned();
    TailView view = this.view;
    state = LEFT;
    this.view = null;
    if (view != null) {
      view.remove(this);
    }
  }

  /** The only delivery loop: moves this cursor forward while its reader is writable. */
  @Override
  void pump() {
    assert owned();
    while (true) {
      switch (state) {
        case OPENING, AWAITING_PAGE, PAUSED, ENDED, LEFT -> {
          return;
        }
        case SNAPSHOT -> {
          if (reader.writable()) {
            askPage(view());
          }
          return;
        }
        case REPLAYING, EXPECTING, LIVE, BEHIND, SLOW, SKIPPED -> {
          TailView view = view();
          if (!reader.writable()) {
            stall(view);
            return;
          }
          if (isBelow(view)) {
            if (!leap(view)) {
              return;
            }
            continue;
          }
          Run run = view.runAfter(offset);
          if (run == null) {
            upToDate(view);
            return;
          }
          deliver(run);
        }
      }
    }
  }

  private boolean isBelow(TailView view) {
    return offset < view.floor() || !view.epoch().equals(epoch);
  }

  /** The reader takes nothing more: this cursor is behind if there is something to take. */
  private void stall(TailView view) {
    if (state == LIVE
        && reader.toldLive()
        && view.epoch().equals(epoch)
        && (view.runAfter(offset) != null || offset < view.floor())) {
      state = BEHIND;
    }
  }

  /** The tail does not hold what comes next: returns whether it holds what comes now instead. */
  private boolean leap(TailView view) {
    Run newest = view.newest();
    BelowFloor next =
        view.epoch().equals(epoch)
            ? BelowFloor.of(state, slowReaders, newest != null)
            : BelowFloor.READ_PAGE;
    if (state == BEHIND && view.epoch().equals(epoch)) {
      state = SLOW;
      reader.fellBehind(slowReaders);
    }
    switch (next) {
      case READ_PAGE -> askPage(view);
      case SKIP_TO_NEWEST -> skipTo(Objects.requireNonNull(newest), view);
      case STOP -> {}
    }
    return next == BelowFloor.SKIP_TO_NEWEST;
  }

  private void skipTo(Run newest, TailView view) {
    long before = Math.max(view.floor(), newest.newestOffset() - 1);
    missed(new Missed(Missed.Reason.SKIPPED, new Position(epoch, before)));
  }

  /** Asks for the page after its position or in its snapshot, when its client may be given one. */
  private void askPage(TailView view) {
    if (!state.reads()) {
      return; // its reader has left it just now
    }
    resumed = state == EXPECTING ? REPLAYING : state;
    long waitMs = reader.replayPauseMs();
    if (waitMs == 0) {
      state = AWAITING_PAGE;
      SnapshotPoint due = snapshot;
      if (due == null) {
        view.awaitPage(this, new Position(epoch, offset));
      } else {
        view.awaitState(this, due);
      }
    } else {
      pause(waitMs, view);
    }
  }

  private void pause(long ms, TailView view) {
    state = PAUSED;
    EdgeLoop loop = view.loop();
    loop.eventLoop().schedule(() -> onPauseOver(loop), ms, TimeUnit.MILLISECONDS);
  }

  private void onPauseOver(EdgeLoop loop) {
    assert loop.inLoop();
    if (state == PAUSED) {
      state = resumed;
      pump();
      loop.flush();
    }
  }

  private void upToDate(TailView view) {
    boolean announced = state.announced();
    if (!announced && view.through() < liveAfter) {
      if (state != EXPECTING) {
        state = EXPECTING;
        view.onNext(this::onNext);
      }
      return;
    }
    state = LIVE;
    if (!announced) {
      reader.notice(this, new Notice.Live());
    }
    if (state == LIVE && view.closedBefore()) {
      offset = reached();
      state = ENDED;
      reader.notice(this, new Notice.End());
    }
  }

  /** The partition has moved on, for which this cursor waited. */
  private void onNext() {
    if (state == EXPECTING) {
      state = REPLAYING;
    }
    pump();
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
    if (state.reads() && !state.announced() && offset >= liveAfter) {
      state = state.announce();
      reader.notice(this, new Notice.Live());
    }
  }

  @Override
  void page(Run run, @Nullable Missed missed) {
    assert owned();
    if (state != AWAITING_PAGE) {
      return;
    }
    state = resumed;
    if (run.leftOutBytes() > 0) {
      reader.leftOut(run.leftOutBytes());
    }
    if (reader.writable()) {
      if (missed != null) {
        missed(missed);
      }
      assert run.epoch().equals(epoch) && run.from() <= offset : "a page that leaves a gap";
      if (state != SNAPSHOT) {
        deliver(run);
      }
      pump();
    }
    // Otherwise the page is dropped: the cursor asks again when its reader is writable.
  }

  @Override
  void state(@Nullable StatePage page, boolean lasting) {
    assert owned();
    SnapshotPoint due = snapshot;
    if (state != AWAITING_PAGE || due == null) {
      return;
    }
    state = SNAPSHOT;
    if (page == null) {
      // A topic that was recreated has neither the position nor the blocks of the one before.
      snapshot = lasting ? SnapshotPoint.begin(null) : due;
      pause(RETRY_MS, view());
      resumed = SNAPSHOT;
      return;
    }
    if (reader.writable()) {
      deliver(new StateBlock(page, due.first()), due);
      pump();
    }
    // Otherwise the block is dropped: the cursor asks again when its reader is writable.
  }

  private void deliver(StateBlock block, SnapshotPoint due) {
    if (block.last()) {
      epoch = block.position().epoch();
      offset = block.position().offset();
      TailView view = view();
      // The partition may not have learned yet that its topic was recreated.
      liveAfter = view.epoch().equals(epoch) ? view.through() : offset;
      snapshot = null;
      state = REPLAYING;
    } else {
      snapshot = due.after(block);
    }
    reader.state(this, block);
  }

  /** Goes on after another position, and announces it. */
  void missed(Missed missed) {
    assert owned();
    epoch = missed.earliest().epoch();
    offset = missed.earliest().offset();
    state = state.reset();
    if (stateful) {
      snapshot = SnapshotPoint.begin(missed.earliest());
      state = state == OPENING ? OPENING : SNAPSHOT;
    }
    TailView view = this.view;
    if (view != null) {
      liveAfter = view.through();
    }
    reader.notice(this, new Notice.Reset(missed));
  }

  /** Repeats the position of a live cursor, on a quiet channel. */
  void restate() {
    assert owned();
    boolean waits = state == AWAITING_PAGE || state == PAUSED;
    if ((waits ? resumed : state).announced()) {
      reader.notice(this, new Notice.Live());
    }
  }

  private TailView view() {
    TailView view = this.view;
    if (view == null) {
      throw new IllegalStateException("a cursor that is " + state + " has no tail");
    }
    return view;
  }

  /** Before it joins a tail, its connection's loop is not known here. */
  private boolean owned() {
    TailView view = this.view;
    return view == null || view.loop().inLoop();
  }
}
