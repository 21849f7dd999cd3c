package io.tailwater.edge.log;

import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Positions;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Confined to its connection's event loop: what a connection reads of one channel or one pattern. A
 * channel has one cursor. A pattern has one for each partition of its namespace, and each of them
 * goes on by itself, so that a slow partition does not hold up the others. What the cursors deliver
 * passes through; of what they announce, the connection is told what is true of the whole.
 */
public final class Subscription implements Reader<Cursor> {
  private final Reader<Subscription> reader;
  private final Scope scope;
  private final long nameHash;
  private final Cursor[] cursors;

  /** The partitions of a pattern that are live; null for a channel. */
  private final @Nullable BitSet live;

  /** The resets of a pattern while several are announced at once; null otherwise. */
  private @Nullable SortedMap<Integer, Position> together;

  private @Nullable Cursor delivering;

  /**
   * @param opened of the channel, or of each partition in order
   */
  public Subscription(Reader<Subscription> reader, List<Opened> opened) {
    this.reader = reader;
    this.scope = opened.getFirst().selection().scope();
    this.nameHash = Positions.hash(scope);
    this.cursors = opened.stream().map(one -> new Cursor(this, one)).toArray(Cursor[]::new);
    this.live = isPattern() ? new BitSet(cursors.length) : null;
  }

  public Scope scope() {
    return scope;
  }

  /** Whether it reads a pattern: its events are of several channels, and its position has parts. */
  public boolean isPattern() {
    return scope instanceof ChannelPattern;
  }

  /** Whether its channel has ended; a pattern never does. */
  public boolean ended() {
    return !isPattern() && cursors[0].ended();
  }

  /** Announces what could not be honoured, and lets the cursors join their tails. */
  public void start(List<Opened> opened, EdgeLoop loop) {
    for (Missed.Reason reason : Missed.Reason.values()) {
      announce(reason, opened);
    }
    for (int i = 0; i < cursors.length; i++) {
      opened.get(i).attach(cursors[i], loop);
    }
  }

  /**
   * Announces what has this reason. Only then other positions are moved: a client that is cut off
   * in between is still told of them when it comes back.
   */
  private void announce(Missed.Reason reason, List<Opened> opened) {
    SortedMap<Integer, Position> resets = new TreeMap<>();
    together = resets;
    for (int i = 0; i < cursors.length; i++) {
      Missed missed = opened.get(i).missed();
      if (missed != null && missed.reason() == reason) {
        cursors[i].missed(missed);
      }
    }
    together = null;
    if (!resets.isEmpty()) {
      reset(reason, resets);
    }
  }

  /** Nobody reads it any more. */
  public void unsubscribe() {
    for (Cursor cursor : cursors) {
      cursor.unsubscribe();
    }
  }

  /** Moves on as far as its reader is writable. */
  public void pump() {
    for (Cursor cursor : cursors) {
      cursor.pump();
    }
  }

  /** Repeats its position, if it is live. */
  public void restate() {
    if (live == null) {
      cursors[0].restate();
    } else if (isLive(live)) {
      reader.notice(this, new Notice.Live());
    }
  }

  /** How many offsets of its partitions it is behind. */
  public long lag() {
    long lag = 0;
    for (Cursor cursor : cursors) {
      lag += cursor.lag();
    }
    return lag;
  }

  /** What it does; of a pattern, what the partition does that is furthest from being live. */
  public Standing standing() {
    Standing standing = cursors[0].standing();
    for (Cursor cursor : cursors) {
      Standing one = cursor.standing();
      if (one.outweighs(standing)) {
        standing = one;
      }
    }
    return standing;
  }

  /** How much of its snapshot was delivered; null if none is due. */
  @Nullable SnapshotPoint snapshot() {
    return cursors[0].snapshot();
  }

  /** Whether it has a position; not before its snapshot is complete, if it begins with one. */
  public boolean hasPosition() {
    return cursors[0].hasPosition();
  }

  /**
   * The position through which everything was handed to the reader, as clients get it; empty if it
   * has none.
   */
  public String position() {
    return hasPosition() ? text(null, 0) : "";
  }

  /** The same during {@link Reader#deliver}, once its events through this offset are written. */
  public String position(long through) {
    return text(delivering, through);
  }

  private String text(@Nullable Cursor writing, long through) {
    return isOne()
        ? position(cursors[0], writing, through).toString()
        : positions(writing, through).toString();
  }

  /** Adds its position to those of other subscriptions. */
  public void addTo(Positions.Encoder encoder) {
    add(encoder, null, 0);
  }

  /** The same during {@link Reader#deliver}, once its events through this offset are written. */
  public void addTo(Positions.Encoder encoder, long through) {
    add(encoder, delivering, through);
  }

  private void add(Positions.Encoder encoder, @Nullable Cursor writing, long through) {
    if (!hasPosition()) {
      return;
    }
    if (isOne()) {
      Position position = position(cursors[0], writing, through);
      encoder.add(nameHash, position.epoch(), position.offset());
    } else {
      encoder.add(nameHash, positions(writing, through));
    }
  }

  /** Whether one position says it all; those of ephemeral channels are all the same. */
  private boolean isOne() {
    return !isPattern() || cursors[0].epoch().isEphemeral();
  }

  private PartitionPositions positions(@Nullable Cursor writing, long through) {
    List<Position> positions = new ArrayList<>(cursors.length);
    for (Cursor cursor : cursors) {
      positions.add(position(cursor, writing, through));
    }
    return PartitionPositions.of(positions);
  }

  private static Position position(Cursor cursor, @Nullable Cursor writing, long through) {
    return cursor == writing && !cursor.epoch().isEphemeral()
        ? new Position(cursor.epoch(), through)
        : cursor.position();
  }

  // --- what its cursors deliver ---

  @Override
  public boolean writable() {
    return reader.writable();
  }

  @Override
  public int deliver(Cursor cursor, Run run, int index) {
    delivering = cursor;
    int next = reader.deliver(this, run, index);
    delivering = null;
    return next;
  }

  @Override
  public void state(Cursor cursor, StateBlock block) {
    reader.state(this, block);
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    if (live == null) {
      reader.notice(this, notice);
      return;
    }
    switch (notice) {
      case Notice.Live said -> {
        live.set(cursor.partition());
        if (isLive(live)) {
          reader.notice(this, said);
        }
      }
      case Notice.Reset(Missed missed) -> {
        live.clear(cursor.partition());
        reset(cursor, missed);
      }
      case Notice.PartitionsReset all ->
          throw new IllegalStateException("a cursor reads one partition");
      case Notice.End end -> throw new IllegalStateException("a pattern has no end");
    }
  }

  private boolean isLive(BitSet partitions) {
    return partitions.cardinality() == cursors.length;
  }

  private void reset(Cursor cursor, Missed missed) {
    if (together == null) {
      reset(missed.reason(), new TreeMap<>(Map.of(cursor.partition(), missed.earliest())));
    } else {
      together.put(cursor.partition(), missed.earliest());
    }
  }

  private void reset(Missed.Reason reason, SortedMap<Integer, Position> earliest) {
    boolean all = earliest.size() == cursors.length;
    reader.notice(
        this, new Notice.PartitionsReset(reason, all ? Collections.emptySortedMap() : earliest));
  }

  @Override
  public boolean toldLive() {
    return live == null || isLive(live);
  }

  @Override
  public void leftOut(long bytes) {
    reader.leftOut(bytes);
  }

  @Override
  public long replayPauseMs() {
    return reader.replayPauseMs();
  }

  @Override
  public void fellBehind(SlowReaders policy) {
    reader.fellBehind(policy);
  }
}
