package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import io.tailwater.edge.log.SimulatedConnection.Frame;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client that comes back to any gateway with the last position that it has seen, and holds what
 * it is told against the log. Confined to its simulation.
 */
final class SimulatedReader {
  private final String name;
  private final SlowReaders slowReaders;
  private final Simulation simulation;
  private final MemoryLog log;
  private final List<SimulatedGateway> gateways;
  private final Buffers buffers;
  private final Map<Channel, Progress> channels = new LinkedHashMap<>();
  private State state = State.AWAY;
  private @Nullable SimulatedConnection connection;
  private int attempt;
  private boolean leaving;

  /** Reads nothing for the time being. */
  boolean stalled;

  /** What it was given, and how often it was told that it skipped some, or was ended in silence. */
  int events;

  int skips;
  int silences;

  private enum State {
    AWAY,
    OPENING,
    CONNECTED,
    /** Told that nothing will come any more. */
    FINISHED
  }

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
      Map<Channel, Start> starts,
      SlowReaders slowReaders,
      Simulation simulation,
      MemoryLog log,
      List<SimulatedGateway> gateways,
      Buffers buffers) {
    this.name = name;
    this.slowReaders = slowReaders;
    this.simulation = simulation;
    this.log = log;
    this.gateways = gateways;
    this.buffers = buffers;
    starts.forEach((channel, start) -> channels.put(channel, new Progress(start)));
  }

  // --- connecting ---

  /** Connects to any gateway, unless it is connected. */
  void connect() {
    if (state != State.AWAY || leaving) {
      return;
    }
    state = State.OPENING;
    int mine = ++attempt;
    SimulatedGateway gateway = simulation.oneOf(gateways);
    Map<Channel, CompletableFuture<Opened>> opening = new LinkedHashMap<>();
    channels.forEach(
        (channel, progress) -> {
          Position position = progress.position;
          Start start = position == null ? progress.start : new Start.After(position);
          simulation.note(name, "opens", channel, "of", gateway, start);
          opening.put(channel, gateway.open(channel, start, slowReaders));
        });
    simulation.after(
        5_000,
        () -> opening.values().forEach(one -> one.completeExceptionally(MemoryLog.unavailable())));
    CompletableFuture.allOf(opening.values().toArray(CompletableFuture[]::new))
        .whenComplete((done, failure) -> opened(mine, gateway, opening, failure));
  }

  private void opened(
      int mine,
      SimulatedGateway gateway,
      Map<Channel, CompletableFuture<Opened>> opening,
      @Nullable Throwable failure) {
    if (failure != null || mine != attempt || state != State.OPENING) {
      simulation.note(name, "could not open:", String.valueOf(failure));
      opening.values().forEach(one -> one.thenAccept(opened -> opened.abandon()));
      if (mine == attempt && state == State.OPENING) {
        away();
      }
      return;
    }
    List<Opened> opened = opening.values().stream().map(CompletableFuture::join).toList();
    if (opened.stream().allMatch(Opened::finished)) {
      opened.forEach(one -> one.abandon());
      state = State.FINISHED;
      channels.forEach(this::requireNothingMore);
      simulation.note(name, "is told that nothing is left");
      return;
    }
    EdgeLoop loop = gateway.loop();
    SimulatedConnection fresh =
        new SimulatedConnection(simulation, 2 + simulation.below(12), buffers);
    connection = fresh;
    state = State.CONNECTED;
    channels.values().forEach(progress -> progress.live = false);
    loop.execute(
        () -> {
          if (connection == fresh) {
            gateway.begin(opened, fresh, loop);
            readOn(fresh);
          } else {
            opened.forEach(one -> one.abandon());
          }
        });
  }

  /** Breaks the connection, if there is one; what is on its way is lost. */
  void breakOff() {
    simulation.note(name, "breaks off");
    SimulatedConnection broken = connection;
    if (broken != null) {
      broken.hangUp();
    }
    if (state != State.FINISHED) {
      away();
    }
  }

  /** Breaks off for good. */
  void leave() {
    leaving = true;
    breakOff();
  }

  private void away() {
    connection = null;
    state = State.AWAY;
    attempt++;
    simulation.within(300, this::connect);
  }

  // --- reading ---

  private void readOn(SimulatedConnection from) {
    if (connection != from) {
      return;
    }
    Frame frame = stalled ? null : from.read();
    if (frame != null) {
      simulation.note(name, "reads", frame);
      read(frame);
    }
    simulation.after(
        frame == null ? 5 + simulation.below(20) : simulation.below(3), () -> readOn(from));
  }

  private void read(Frame frame) {
    switch (frame) {
      case Frame.Opened(var positions) -> positions.forEach(this::begin);
      case Frame.Published(Channel channel, Event event, var positions) -> {
        published(channel, event, positions);
        positions.forEach(this::advance);
      }
      case Frame.Said(Channel channel, Notice notice, var positions) -> {
        if (notice instanceof Notice.Reset(Missed missed)) {
          reset(channel, missed);
        }
        positions.forEach(this::advance);
        Progress progress = progress(channel);
        if (notice instanceof Notice.End) {
          progress.ended = true;
          requireNothingMore(channel, progress);
        } else if (notice instanceof Notice.Live) {
          progress.live = true;
        }
      }
      case Frame.Ended ended -> {
        if (ended.disconnect() == Disconnect.COMPLETE) {
          require(
              channels.values().stream().allMatch(progress -> progress.ended),
              "the connection is complete, though not all channels have ended");
        }
        if (ended.disconnect() == Disconnect.TOO_SLOW) {
          silences++;
        }
        away();
      }
    }
  }

  private void begin(Channel channel, Position first) {
    Progress progress = progress(channel);
    if (progress.position == null) {
      if (progress.start instanceof Start.Unreadable) {
        // It is told in a moment where it stands.
        progress.position = first;
        return;
      }
      requireBegins(channel, progress.start, first);
      progress.position = first;
    } else {
      // A position that cannot be honoured is announced right after.
      progress.ended = false;
    }
  }

  private void requireBegins(Channel channel, Start start, Position first) {
    PartitionLog of = log.log(channel, first.epoch());
    List<Event> after =
        of.of(channel.key(), first.offset(), of.next()).stream()
            .filter(event -> event.getOffset() >= of.earliest())
            .toList();
    List<Event> before = of.of(channel.key(), of.earliest() - 1, first.offset());
    require(first.offset() < of.next(), channel + " begins beyond the log: " + first);
    switch (start) {
      case Start.Latest latest -> {}
      case Start.Earliest earliest ->
          require(before.isEmpty(), channel + " does not begin with its earliest: " + first);
      case Start.Unreadable unreadable -> throw new IllegalStateException("is told otherwise");
      case Start.Last(int count) ->
          require(
              after.size() >= count || before.isEmpty(),
              channel + " begins with fewer than its last " + count + ": " + first);
      case Start.Since(long timeMs) ->
          require(
              before.stream().noneMatch(event -> event.getTsMs() >= timeMs),
              channel + " begins later than asked: " + first);
      case Start.After after2 -> throw new IllegalStateException("a reader begins without one");
    }
  }

  private void published(Channel channel, Event event, Map<Channel, Position> positions) {
    Position at = position(channel);
    Position id = positions.get(channel);
    if (id == null) {
      simulation.fail("an event came without its channel's position");
      return;
    }
    events++;
    require(event.getChannelKey().equals(channel.key()), "an event of another channel came");
    require(id.epoch().equals(at.epoch()), channel + " changed its epoch without a reset: " + id);
    require(event.getOffset() > at.offset(), channel + " repeats " + id + " after " + at);
    // The event itself is not skipped by the position that comes with it.
    advance(channel, new Position(at.epoch(), event.getOffset() - 1));
    progress(channel).position = new Position(at.epoch(), event.getOffset());
    require(!progress(channel).ended, channel + " goes on after its end: " + id);
  }

  /** A position is stated: nothing up to it may have been left out. */
  private void advance(Channel channel, Position to) {
    Position at = position(channel);
    require(to.epoch().equals(at.epoch()), channel + " changed its epoch without a reset: " + to);
    if (!to.epoch().equals(at.epoch())) {
      return;
    }
    require(to.offset() >= at.offset(), channel + " goes back from " + at + " to " + to);
    if (to.equals(at)) {
      return;
    }
    PartitionLog of = log.log(channel, to.epoch());
    require(to.offset() < of.next(), channel + " stands beyond its log: " + to);
    List<Event> lost = of.of(channel.key(), at.offset(), to.offset());
    require(
        lost.isEmpty(),
        channel + " lost " + lost.stream().map(Event::getOffset).toList() + " of " + at.epoch());
    progress(channel).position = to;
  }

  private void reset(Channel channel, Missed missed) {
    Progress progress = progress(channel);
    Position at = position(channel);
    Position to = missed.earliest();
    PartitionLog of = log.log(channel, to.epoch());
    if (missed.reason() != Missed.Reason.SKIPPED) {
      require(
          to.offset() < of.earliest(),
          channel + " resets beyond what retention removed: " + missed);
    }
    switch (missed.reason()) {
      case EXPIRED -> {
        require(to.epoch().equals(at.epoch()), channel + " is expired in another epoch: " + missed);
        require(
            at.offset() + 1 < of.earliest() && at.offset() < to.offset(),
            channel + " has no reason to reset from " + at + ": " + missed);
      }
      case FOREIGN ->
          require(
              !to.epoch().equals(at.epoch()),
              channel + " is no foreigner at " + at + ": " + missed);
      case SKIPPED -> {
        skips++;
        require(slowReaders == SlowReaders.LATEST, "nobody asked to skip anything");
        require(
            to.epoch().equals(at.epoch()) && to.offset() > at.offset() && to.offset() < of.next(),
            channel + " skips from " + at + " to no later place in the log: " + missed);
        SimulatedConnection on = connection;
        require(
            on != null && on.fellBehind(channel),
            channel + " skips, though it was live and could be written to all the time");
      }
    }
    progress.start = new Start.Earliest();
    progress.position = to;
    progress.live = false;
  }

  private void requireNothingMore(Channel channel, Progress progress) {
    Position at = progress.position;
    if (at == null) {
      return; // it began at the end
    }
    PartitionLog of = log.log(channel, at.epoch());
    List<Event> all = of.of(channel.key(), -1, at.offset());
    require(
        !all.isEmpty() && all.getLast().getCloses(),
        channel + " ended at " + at + ", which is not after its closing event");
  }

  /** Whether it has everything of this channel, and knows that it has. */
  boolean live(Channel channel) {
    return state == State.CONNECTED && progress(channel).live;
  }

  // --- in the end ---

  /** Everything has calmed down: it has everything, and knows that it has. */
  void requireComplete() {
    require(state == State.CONNECTED || state == State.FINISHED, "is " + state + " in the end");
    if (state != State.CONNECTED) {
      return;
    }
    channels.forEach(
        (channel, progress) -> {
          if (progress.ended) {
            return; // whatever became of its channel afterwards
          }
          PartitionLog of = log.log(channel);
          Position at = position(channel);
          List<Event> more = of.of(channel.key(), at.offset(), of.next());
          require(
              at.epoch().equals(of.epoch()) && more.isEmpty(),
              channel + " stands at " + at + ", though the log goes on to " + of.next());
          require(progress.live, channel + " is not told that it has everything");
          require(!of.closed(channel.key()), channel + " does not end, though closed");
        });
  }

  private Progress progress(Channel channel) {
    Progress progress = channels.get(channel);
    if (progress == null) {
      throw new IllegalStateException("nobody asked for " + channel);
    }
    return progress;
  }

  private Position position(Channel channel) {
    Position position = progress(channel).position;
    if (position == null) {
      throw new IllegalStateException("nothing was said of where " + channel + " begins");
    }
    return position;
  }

  private void require(boolean holds, String what) {
    simulation.require(holds, name + ": " + what);
  }
}
