package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import io.tailwater.edge.log.SimulatedConnection.Frame;
import io.tailwater.edge.log.SimulatedConnection.Part;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A client that keeps the state of a channel. It comes back with its last position, or without one
 * if its snapshot was not complete. Confined to its simulation.
 */
final class SimulatedStateReader extends SimulatedClient {
  private static final long ABSENT = -1;

  private final Channel channel;
  private final Part part;
  private final MemoryLog log;
  private final Map<String, Long> entries = new HashMap<>();
  private @Nullable Position position;
  private boolean inSnapshot;
  private boolean live;
  private boolean ended;

  /** How many snapshots it was given whole. */
  int snapshots;

  SimulatedStateReader(
      String name,
      Channel channel,
      SlowReaders slowReaders,
      Simulation simulation,
      MemoryLog log,
      List<SimulatedGateway> gateways,
      Buffers buffers) {
    super(name, slowReaders, simulation, gateways, buffers);
    this.channel = channel;
    this.part = Part.of(channel, channel.key());
    this.log = log;
  }

  // --- connecting ---

  @Override
  Map<Selection, Start> wanted() {
    Position resumed = position;
    return Map.of(
        Selection.of(channel), new Start.State(resumed == null ? null : new Start.After(resumed)));
  }

  @Override
  void connected() {
    live = false;
    inSnapshot = false;
    ended = false;
  }

  @Override
  void nothingLeft() {
    requireNothingMore();
  }

  // --- reading ---

  @Override
  void read(Frame frame) {
    Position stated = frame.positions().get(part);
    switch (frame) {
      case Frame.Opened opened ->
          require(
              stated == null ? position == null : stated.equals(position),
              "begins at " + stated + " with " + position);
      case Frame.Stated(var scope, StateBlock block, var positions) -> state(block, stated);
      case Frame.Published(Part of, Event event, var positions) -> published(event, stated);
      case Frame.Said(var scope, Notice notice, var positions) -> said(notice, stated);
      case Frame.Ended(Disconnect disconnect, var positions) -> {
        require(ended || disconnect != Disconnect.COMPLETE, "is complete without an end");
        away();
      }
    }
  }

  private void state(StateBlock block, @Nullable Position stated) {
    if (block.first()) {
      entries.clear();
      position = null;
      inSnapshot = true;
    }
    require(inSnapshot, "a snapshot goes on that has not begun");
    for (StateEntry entry : block.page().getEntriesList()) {
      apply(entry.getEntry(), entry.getVersion(), false);
    }
    require(
        block.last() == (stated != null), "a position before a snapshot is complete: " + stated);
    if (stated != null) {
      inSnapshot = false;
      snapshots++;
      requireState(block.position());
      position = block.position();
      advance(stated);
    }
  }

  private void published(Event event, @Nullable Position stated) {
    Position at = position;
    if (at == null || stated == null) {
      simulation.fail(channel + ": an event comes before the snapshot is complete");
      return;
    }
    require(stated.offset() == event.getOffset(), "the position is not the event's");
    require(event.getOffset() > at.offset(), "an event comes twice: " + stated);
    advance(new Position(at.epoch(), event.getOffset() - 1));
    position = stated;
    apply(event.getEntry(), event.getOffset(), event.getOp() == EntryOp.DELETE);
  }

  private void said(Notice notice, @Nullable Position stated) {
    switch (notice) {
      case Notice.Reset reset -> {
        require(stated == null, "a position comes with a reset: " + stated);
        position = null;
        live = false;
        inSnapshot = false;
      }
      case Notice.Live now -> {
        live = true;
        advance(stated);
      }
      case Notice.End end -> {
        advance(stated);
        ended = true;
        requireNothingMore();
      }
      case Notice.PartitionsReset all -> simulation.fail("a channel has one partition");
    }
  }

  private void requireNothingMore() {
    Position at = position;
    if (at != null) {
      PartitionLog of = log.log(part.partition(), at.epoch());
      require(
          of.of(channel.key(), at.offset(), of.next()).isEmpty(), "ended before the end at " + at);
    }
  }

  private void apply(String entry, long version, boolean delete) {
    Long before = entries.get(entry);
    if (before != null && before >= version) {
      return;
    }
    if (delete) {
      entries.remove(entry);
    } else {
      entries.put(entry, version);
    }
  }

  /** Nothing up to a position may have been left out. */
  private void advance(@Nullable Position to) {
    Position at = position;
    if (at == null || to == null) {
      simulation.fail(channel + ": there is no position at " + at + " and " + to);
      return;
    }
    require(to.epoch().equals(at.epoch()), "another epoch without a reset: " + to);
    if (!to.epoch().equals(at.epoch())) {
      return;
    }
    require(to.offset() >= at.offset(), "goes back from " + at + " to " + to);
    PartitionLog of = log.log(part.partition(), to.epoch());
    List<Event> lost = of.of(channel.key(), at.offset(), to.offset());
    require(lost.isEmpty(), "lost " + lost.stream().map(Event::getOffset).toList());
    position = to;
  }

  /**
   * Its entries are those at this position or later ones. What retention has removed may be there
   * or not.
   */
  private void requireState(Position at) {
    PartitionLog of = log.log(part.partition(), at.epoch());
    Map<String, Event> newest = new HashMap<>();
    of.of(channel.key(), -1, at.offset()).forEach(event -> newest.put(event.getEntry(), event));
    newest.forEach(
        (entry, event) -> {
          long version = entries.getOrDefault(entry, ABSENT);
          boolean expected =
              event.getOp() == EntryOp.DELETE
                  ? version == ABSENT || version > event.getOffset()
                  : version == ABSENT
                      ? event.getOffset() < of.earliest() || isChangedAfter(of, entry, at)
                      : version >= event.getOffset();
          require(expected, entry + " is " + version + " at " + at + ", and last " + event);
        });
    entries.forEach(
        (entry, version) ->
            require(
                of.of(channel.key(), version - 1, version).stream()
                    .anyMatch(event -> event.getEntry().equals(entry)),
                entry + " was never written at " + version));
  }

  private boolean isChangedAfter(PartitionLog of, String entry, Position at) {
    return of.of(channel.key(), at.offset(), of.next()).stream()
        .anyMatch(event -> event.getEntry().equals(entry));
  }

  // --- in the end ---

  void requireComplete() {
    require(isConnected() || isFinished(), "does not read in the end");
    if (!isConnected() || ended) {
      return;
    }
    Position at = position;
    PartitionLog of = log.log(part.partition());
    require(at != null && live, "is not told that it has everything");
    if (at != null) {
      require(at.epoch().equals(of.epoch()), "stands in another epoch: " + at);
      require(
          of.of(channel.key(), at.offset(), of.next()).isEmpty(),
          "does not have everything: " + at);
      requireState(new Position(of.epoch(), of.next() - 1));
    }
  }
}
