package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import io.tailwater.edge.log.SimulatedConnection.Frame;
import io.tailwater.edge.log.SimulatedConnection.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A client that comes back with the last position that it has seen, and holds what it is told
 * against the log. Confined to its simulation.
 */
final class SimulatedReader extends SimulatedClient {
  private final MemoryLog log;
  private final Set<String> types;
  private final Map<Scope, Start> starts;
  private final Map<Part, Progress> parts = new LinkedHashMap<>();

  /** What it was given, and how often it was told that it skipped some, or was ended in silence. */
  int events;

  int skips;
  int silences;

  /** How far a channel was read, as its client knows it. */
  private static final class Progress {
    private Start start;
    private @Nullable Position position;
    private boolean live;
    private boolean ended;

    Progress(Start start) {
      this.start = start;
    }
  }

  SimulatedReader(
      String name,
      Map<? extends Scope, Start> starts,
      Set<String> types,
      SlowReaders slowReaders,
      Simulation simulation,
      MemoryLog log,
      List<SimulatedGateway> gateways,
      Buffers buffers) {
    super(name, slowReaders, simulation, gateways, buffers);
    this.log = log;
    this.types = types;
    this.starts = Map.copyOf(starts);
    starts.forEach(
        (scope, start) -> parts(scope).forEach(part -> parts.put(part, new Progress(start))));
  }

  /** A channel has one part; a pattern has one in each partition. */
  private static List<Part> parts(Scope scope) {
    return switch (scope) {
      case Channel channel -> List.of(Part.of(channel, channel.key()));
      case ChannelPattern pattern ->
          IntStream.range(0, MemoryLog.PARTITIONS)
              .mapToObj(partition -> new Part(pattern, partition))
              .toList();
    };
  }

  // --- connecting ---

  @Override
  Map<Selection, Start> wanted() {
    Map<Selection, Start> wanted = new LinkedHashMap<>();
    starts.keySet().forEach(scope -> wanted.put(new Selection(scope, types), start(scope)));
    return wanted;
  }

  private Start start(Scope scope) {
    List<Position> positions = new ArrayList<>();
    for (Part part : parts(scope)) {
      Progress progress = progress(part);
      Position position = progress.position;
      if (position == null) {
        return progress.start;
      }
      positions.add(position);
    }
    return scope instanceof ChannelPattern
        ? new Start.AfterPartitions(PartitionPositions.of(positions))
        : new Start.After(positions.getFirst());
  }

  @Override
  void connected() {
    parts.values().forEach(progress -> progress.live = false);
  }

  @Override
  void nothingLeft() {
    parts.forEach(this::requireNothingMore);
  }

  // --- reading ---

  @Override
  void read(Frame frame) {
    switch (frame) {
      case Frame.Opened(var positions) -> positions.forEach(this::begin);
      case Frame.Published(Part part, Event event, var positions) -> {
        published(part, event, positions);
        positions.forEach(this::advance);
      }
      case Frame.Stated stated -> simulation.fail("a state came that was not asked for");
      case Frame.Said(Scope scope, Notice notice, var positions) -> {
        reset(scope, notice, positions);
        positions.forEach(this::advance);
        for (Part part : parts(scope)) {
          Progress progress = progress(part);
          if (notice instanceof Notice.End) {
            require(scope instanceof Channel, scope + " is a pattern, and has ended");
            progress.ended = true;
            requireNothingMore(part, progress);
          } else if (notice instanceof Notice.Live) {
            progress.live = true;
          }
        }
      }
      case Frame.Ended ended -> {
        if (ended.disconnect() == Disconnect.COMPLETE) {
          require(
              parts.values().stream().allMatch(progress -> progress.ended),
              "the connection is complete, though not all channels have ended");
        }
        if (ended.disconnect() == Disconnect.TOO_SLOW) {
          silences++;
        }
        away();
      }
    }
  }

  private void begin(Part part, Position first) {
    Progress progress = progress(part);
    if (progress.position == null) {
      if (progress.start instanceof Start.Unreadable) {
        // It is told in a moment where it stands.
        progress.position = first;
        return;
      }
      requireBegins(part, progress.start, first);
      progress.position = first;
    } else {
      // A position that cannot be honoured is announced right after.
      progress.ended = false;
    }
  }

  /** The wanted events of a part in (after, through], whether they are retained or not. */
  private List<Event> wanted(Part part, PartitionLog of, long after, long through) {
    return of.in(after, through).stream().filter(event -> wants(part, event)).toList();
  }

  private boolean wants(Part part, Event event) {
    boolean covered =
        switch (part.scope()) {
          case Channel channel -> channel.key().equals(event.getChannelKey());
          case ChannelPattern pattern -> event.getChannelKey().startsWith(pattern.prefix());
        };
    return covered && (types.isEmpty() || types.contains(event.getType()));
  }

  private PartitionLog log(Part part, Position at) {
    return log.log(part.partition(), at.epoch());
  }

  private void requireBegins(Part part, Start start, Position first) {
    PartitionLog of = log(part, first);
    List<Event> after =
        wanted(part, of, first.offset(), of.next()).stream()
            .filter(event -> event.getOffset() >= of.earliest())
            .toList();
    List<Event> before = wanted(part, of, of.earliest() - 1, first.offset());
    require(first.offset() < of.next(), part + " begins beyond the log: " + first);
    switch (start) {
      case Start.Latest latest -> {}
      case Start.Earliest earliest ->
          require(before.isEmpty(), part + " does not begin with its earliest: " + first);
      case Start.Unreadable unreadable -> throw new IllegalStateException("is told otherwise");
      case Start.Last(int count) ->
          require(
              after.size() >= count || before.isEmpty(),
              part + " begins with fewer than its last " + count + ": " + first);
      case Start.Since(long timeMs) ->
          require(
              before.stream().noneMatch(event -> event.getTsMs() >= timeMs),
              part + " begins later than asked: " + first);
      case Start.State begin -> throw new IllegalStateException("nobody has a state here");
      case Start.Snapshot middle -> throw new IllegalStateException("nobody has a state here");
      case Start.Ack ack -> throw new IllegalStateException("nobody has read positions here");
      case Start.After after2 -> throw new IllegalStateException("a reader begins without one");
      case Start.AfterPartitions all -> throw new IllegalStateException("a reader begins without");
    }
  }

  private void published(Part part, Event event, Map<Part, Position> positions) {
    Position at = position(part);
    Position id = positions.get(part);
    if (id == null) {
      simulation.fail("an event came without its position");
      return;
    }
    events++;
    require(wants(part, event), "an event came that was not asked for");
    require(id.offset() == event.getOffset(), part + " has a position that is not the event's");
    require(id.epoch().equals(at.epoch()), part + " changed its epoch without a reset: " + id);
    require(event.getOffset() > at.offset(), part + " repeats " + id + " after " + at);
    // The event itself is not skipped by the position that comes with it.
    advance(part, new Position(at.epoch(), event.getOffset() - 1));
    progress(part).position = new Position(at.epoch(), event.getOffset());
    require(!progress(part).ended, part + " goes on after its end: " + id);
  }

  /** A position is stated: nothing up to it may have been left out. */
  private void advance(Part part, Position to) {
    Position at = position(part);
    require(to.epoch().equals(at.epoch()), part + " changed its epoch without a reset: " + to);
    if (!to.epoch().equals(at.epoch())) {
      return;
    }
    require(to.offset() >= at.offset(), part + " goes back from " + at + " to " + to);
    if (to.equals(at)) {
      return;
    }
    PartitionLog of = log(part, to);
    require(to.offset() < of.next(), part + " stands beyond its log: " + to);
    List<Event> lost = wanted(part, of, at.offset(), to.offset());
    require(
        lost.isEmpty(),
        part + " lost " + lost.stream().map(Event::getOffset).toList() + " of " + at.epoch());
    progress(part).position = to;
  }

  private void reset(Scope scope, Notice notice, Map<Part, Position> positions) {
    switch (notice) {
      case Notice.Live live -> {}
      case Notice.End end -> {}
      case Notice.Reset(Missed missed) -> reset(parts(scope).getFirst(), missed);
      case Notice.PartitionsReset(Missed.Reason reason, var earliest) -> {
        for (Part part : parts(scope)) {
          Position to =
              earliest.isEmpty()
                  ? earliestOf(part, positions.get(part))
                  : earliest.get(part.partition());
          if (to != null) {
            reset(part, new Missed(reason, to));
          }
        }
      }
    }
  }

  /** It goes on after its earliest position, or later where nothing is wanted in between. */
  private @Nullable Position earliestOf(Part part, @Nullable Position stated) {
    return stated == null
        ? null
        : new Position(stated.epoch(), Math.min(stated.offset(), log(part, stated).earliest() - 1));
  }

  private void reset(Part part, Missed missed) {
    Progress progress = progress(part);
    Position at = position(part);
    Position to = missed.earliest();
    PartitionLog of = log(part, to);
    if (missed.reason() != Missed.Reason.SKIPPED) {
      require(
          to.offset() < of.earliest(), part + " resets beyond what retention removed: " + missed);
    }
    switch (missed.reason()) {
      case EXPIRED -> {
        require(to.epoch().equals(at.epoch()), part + " is expired in another epoch: " + missed);
        require(
            at.offset() + 1 < of.earliest() && at.offset() < to.offset(),
            part + " has no reason to reset from " + at + ": " + missed);
      }
      case FOREIGN ->
          require(
              !to.epoch().equals(at.epoch()), part + " is no foreigner at " + at + ": " + missed);
      case SKIPPED -> {
        skips++;
        require(slowReaders == SlowReaders.LATEST, "nobody asked to skip anything");
        require(
            to.epoch().equals(at.epoch()) && to.offset() > at.offset() && to.offset() < of.next(),
            part + " skips from " + at + " to no later place in the log: " + missed);
        SimulatedConnection on = connection();
        require(
            on != null && on.fellBehind(part.scope()),
            part + " skips, though it was live and could be written to all the time");
      }
    }
    progress.start = new Start.Earliest();
    progress.position = to;
    progress.live = false;
  }

  private void requireNothingMore(Part part, Progress progress) {
    Position at = progress.position;
    if (at == null) {
      return; // it began at the end
    }
    if (!(part.scope() instanceof Channel channel)) {
      simulation.fail(part + " is of a pattern, of which there is always more");
      return;
    }
    PartitionLog of = log(part, at);
    List<Event> all = of.of(channel.key(), -1, of.next());
    require(
        !all.isEmpty() && all.getLast().getCloses(), channel + " ended, though it is not closed");
    List<Event> left = wanted(part, of, at.offset(), of.next());
    require(left.isEmpty(), channel + " ended at " + at + ", which is before " + left);
  }

  /** Whether it has everything of this channel or pattern, and knows that it has. */
  boolean live(Scope scope) {
    return isConnected() && parts(scope).stream().allMatch(part -> progress(part).live);
  }

  // --- in the end ---

  /** Everything has calmed down: it has everything, and knows that it has. */
  void requireComplete() {
    require(isConnected() || isFinished(), "does not read in the end");
    if (!isConnected()) {
      return;
    }
    parts.forEach(
        (part, progress) -> {
          if (progress.ended) {
            return; // whatever became of its channel afterwards
          }
          PartitionLog of = log.log(part.partition());
          Position at = position(part);
          List<Event> more = wanted(part, of, at.offset(), of.next());
          require(
              at.epoch().equals(of.epoch()) && more.isEmpty(),
              part + " stands at " + at + ", though the log goes on to " + of.next());
          require(progress.live, part + " is not told that it has everything");
          require(
              !(part.scope() instanceof Channel channel) || !of.closed(channel.key()),
              part + " does not end, though closed");
        });
  }

  private Progress progress(Part part) {
    Progress progress = parts.get(part);
    if (progress == null) {
      throw new IllegalStateException("nobody asked for " + part);
    }
    return progress;
  }

  private Position position(Part part) {
    Position position = progress(part).position;
    if (position == null) {
      throw new IllegalStateException("nothing was said of where " + part + " begins");
    }
    return position;
  }
}
