package io.tailwater.edge.log;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.PartitionPositions;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.Opens;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.connection.Transport;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection that holds a bounded number of frames until its client reads them. Its gateway's
 * side is confined to the connection's loop; its client reads, stalls and hangs up when the
 * simulation says so.
 */
final class SimulatedConnection implements Transport, Opens, Transport.States {
  private final Simulation simulation;
  private final int capacity;
  private final Buffers buffers;
  private final List<Frame> unflushed = new ArrayList<>();
  private final ArrayDeque<Frame> wire = new ArrayDeque<>();
  private @Nullable Connection connection;
  private List<Subscription> subscriptions = List.of();
  private boolean writable = true;
  private boolean gone;
  private final Set<Scope> live = new HashSet<>();
  private final Set<Scope> fellBehind = new HashSet<>();

  /**
   * @param capacity how many frames make it not writable
   */
  SimulatedConnection(Simulation simulation, int capacity, Buffers buffers) {
    this.simulation = simulation;
    this.capacity = capacity;
    this.buffers = buffers;
  }

  /** A channel in its partition, or a pattern in one of its partitions: what has a position. */
  record Part(Scope scope, int partition) {
    static Part of(Scope scope, String channelKey) {
      return new Part(scope, MemoryLog.home(channelKey));
    }

    @Override
    public String toString() {
      return scope + "/" + partition;
    }
  }

  /** What a client is told; with each comes where all its channels and patterns stand. */
  sealed interface Frame {
    Map<Part, Position> positions();

    record Opened(Map<Part, Position> positions) implements Frame {}

    record Published(Part part, Event event, Map<Part, Position> positions) implements Frame {
      @Override
      public String toString() {
        return part
            + " "
            + event.getChannelKey()
            + " "
            + event.getOffset()
            + (event.getCloses() ? " closes " : " ")
            + positions;
      }
    }

    record Stated(Scope scope, StateBlock block, Map<Part, Position> positions) implements Frame {}

    record Said(Scope scope, Notice notice, Map<Part, Position> positions) implements Frame {}

    record Ended(Disconnect disconnect, Map<Part, Position> positions) implements Frame {}
  }

  /** The encoded bytes and the runs that were ever made for any connection. */
  static final class Buffers implements WireFormat<EventBytes> {
    /** Of all worlds: a slot is never given back. */
    private static final FormatSlot SLOT = FormatSlot.take();

    private final Set<ByteBuf> made = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Run> runs = Collections.newSetFromMap(new IdentityHashMap<>());

    @Override
    public FormatSlot slot() {
      return SLOT;
    }

    @Override
    public EventBytes encode(Run run) {
      return EventBytes.of(
          run,
          (channel, epoch, event, out) -> {
            made.add(out);
            out.writeCharSequence(
                channel + " " + epoch + "-" + event.getOffset(), StandardCharsets.US_ASCII);
          });
    }

    /** How many are still held by anyone. */
    long held() {
      return made.stream().filter(buffer -> buffer.refCnt() > 0).count()
          + runs.stream().filter(run -> run.refCnt() > 0).count();
    }
  }

  // --- the gateway's side ---

  @Override
  public String name() {
    return "simulated";
  }

  @Override
  public boolean writable() {
    return writable;
  }

  @Override
  public void open(Connection connection, StreamOpening opening) {
    this.connection = connection;
    subscriptions = connection.subscriptions();
    write(new Frame.Opened(positions()));
  }

  @Override
  public int events(Subscription subscription, Run run, int index) {
    buffers.runs.add(run);
    for (int i = index; i < run.events().size(); i++) {
      Event event = run.events().get(i);
      ByteBuf bytes = buffers.of(run).at(i);
      String written = bytes.toString(StandardCharsets.US_ASCII);
      simulation.require(
          written.equals(run.channel(event) + " " + run.epoch() + "-" + event.getOffset()),
          "the bytes of another event were written: " + written);
      bytes.release();
      Map<Part, Position> positions = positions();
      put(subscription, subscription.position(event.getOffset()), positions);
      Part part = Part.of(subscription.scope(), event.getChannelKey());
      write(new Frame.Published(part, event, positions));
      if (!writable) {
        return i + 1;
      }
    }
    return run.events().size();
  }

  @Override
  public void state(Subscription subscription, StateBlock block) {
    write(new Frame.Stated(subscription.scope(), block, positions()));
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    if (notice instanceof Notice.Live) {
      live.add(subscription.scope());
    }
    write(new Frame.Said(subscription.scope(), notice, positions()));
  }

  @Override
  public void flush() {
    wire.addAll(unflushed);
    unflushed.clear();
  }

  @Override
  public void end(Disconnect disconnect) {
    write(new Frame.Ended(disconnect, Map.of()));
    flush();
    gone = true;
  }

  private Map<Part, Position> positions() {
    Map<Part, Position> positions = new LinkedHashMap<>();
    for (Subscription subscription : subscriptions) {
      if (!subscription.hasPosition()) {
        continue;
      }
      put(subscription, subscription.position(), positions);
    }
    return positions;
  }

  /** Reads a position as a client hands it back. */
  private static void put(Subscription subscription, String text, Map<Part, Position> positions) {
    switch (subscription.scope()) {
      case Channel channel -> positions.put(Part.of(channel, channel.key()), Position.parse(text));
      case ChannelPattern pattern -> {
        for (int partition = 0; partition < MemoryLog.PARTITIONS; partition++) {
          positions.put(
              new Part(pattern, partition),
              PartitionPositions.isForPattern(text)
                  ? PartitionPositions.parse(text).get(partition)
                  : Position.parse(text));
        }
      }
    }
  }

  private void write(Frame frame) {
    simulation.require(!gone, "something was written after the end");
    unflushed.add(frame);
    writable = unflushed.size() + wire.size() < capacity;
    if (!writable) {
      fellBehind.addAll(live);
    }
  }

  /** Whether a channel or pattern that was live could not be written for a time. */
  boolean fellBehind(Scope scope) {
    return fellBehind.contains(scope);
  }

  // --- the client's side ---

  /** The next frame that has arrived; null if there is none. */
  @Nullable Frame read() {
    Frame frame = wire.poll();
    Connection connection = this.connection;
    if (frame != null && !writable && wire.size() + unflushed.size() <= capacity / 2) {
      writable = true;
      if (connection != null && !gone) {
        connection.loop().execute(connection::onWritable);
      }
    }
    return frame;
  }

  /** The client is gone; what it has not read is lost. */
  void hangUp() {
    Connection connection = this.connection;
    if (connection != null && !gone) {
      connection.loop().execute(connection::onGone);
    }
    wire.clear();
  }
}
