package io.tailwater.edge.log;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
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
final class SimulatedConnection implements Transport, Opens {
  private final Simulation simulation;
  private final int capacity;
  private final Buffers buffers;
  private final List<Frame> unflushed = new ArrayList<>();
  private final ArrayDeque<Frame> wire = new ArrayDeque<>();
  private @Nullable Connection connection;
  private List<Cursor> cursors = List.of();
  private boolean writable = true;
  private boolean gone;
  private final Set<Channel> live = new HashSet<>();
  private final Set<Channel> fellBehind = new HashSet<>();

  /**
   * @param capacity how many frames make it not writable
   */
  SimulatedConnection(Simulation simulation, int capacity, Buffers buffers) {
    this.simulation = simulation;
    this.capacity = capacity;
    this.buffers = buffers;
  }

  /** What a client is told; with each comes where all its channels stand. */
  sealed interface Frame {
    Map<Channel, Position> positions();

    record Opened(Map<Channel, Position> positions) implements Frame {}

    record Published(Channel channel, Event event, Map<Channel, Position> positions)
        implements Frame {
      @Override
      public String toString() {
        return channel
            + " "
            + event.getOffset()
            + (event.getCloses() ? " closes " : " ")
            + positions;
      }
    }

    record Said(Channel channel, Notice notice, Map<Channel, Position> positions)
        implements Frame {}

    record Ended(Disconnect disconnect, Map<Channel, Position> positions) implements Frame {}
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
            out.writeCharSequence(epoch + "-" + event.getOffset(), StandardCharsets.US_ASCII);
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
    cursors = connection.cursors();
    write(new Frame.Opened(positions()));
  }

  @Override
  public int events(Cursor cursor, Run run, int index) {
    buffers.runs.add(run);
    for (int i = index; i < run.events().size(); i++) {
      Event event = run.events().get(i);
      ByteBuf bytes = buffers.of(run).at(i);
      String written = bytes.toString(StandardCharsets.US_ASCII);
      simulation.require(
          written.equals(cursor.epoch() + "-" + event.getOffset()),
          "the bytes of another event were written: " + written);
      bytes.release();
      Map<Channel, Position> positions = positions();
      positions.put(cursor.channel(), new Position(cursor.epoch(), event.getOffset()));
      write(new Frame.Published(cursor.channel(), event, positions));
      if (!writable) {
        return i + 1;
      }
    }
    return run.events().size();
  }

  @Override
  public void notice(Cursor cursor, Notice notice) {
    if (notice instanceof Notice.Live) {
      live.add(cursor.channel());
    }
    write(new Frame.Said(cursor.channel(), notice, positions()));
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

  private Map<Channel, Position> positions() {
    Map<Channel, Position> positions = new LinkedHashMap<>();
    cursors.forEach(cursor -> positions.put(cursor.channel(), cursor.position()));
    return positions;
  }

  private void write(Frame frame) {
    simulation.require(!gone, "something was written after the end");
    unflushed.add(frame);
    writable = unflushed.size() + wire.size() < capacity;
    if (!writable) {
      fellBehind.addAll(live);
    }
  }

  /** Whether a channel that was live could not be written for a time. */
  boolean fellBehind(Channel channel) {
    return fellBehind.contains(channel);
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
