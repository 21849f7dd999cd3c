package io.tailwater.edge.log;

import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import io.tailwater.edge.log.SimulatedConnection.Frame;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client that connects to any gateway, reads what it is sent, and comes back whenever it is cut.
 * What it reads, and what must hold of it, is its subclass's. Confined to its simulation.
 */
abstract class SimulatedClient {
  private static final long OPENING_MS = 5_000;

  final Simulation simulation;
  final SlowReaders slowReaders;
  private final String name;
  private final List<SimulatedGateway> gateways;
  private final Buffers buffers;
  private State state = State.AWAY;
  private @Nullable SimulatedConnection connection;
  private int attempt;
  private boolean leaving;

  /** Reads nothing for the time being. */
  boolean stalled;

  private enum State {
    AWAY,
    OPENING,
    CONNECTED,
    /** Told that nothing will come any more. */
    FINISHED
  }

  SimulatedClient(
      String name,
      SlowReaders slowReaders,
      Simulation simulation,
      List<SimulatedGateway> gateways,
      Buffers buffers) {
    this.name = name;
    this.slowReaders = slowReaders;
    this.simulation = simulation;
    this.gateways = gateways;
    this.buffers = buffers;
  }

  /** What it wants to read now, and from where. */
  abstract Map<Selection, Start> wanted();

  /** A connection is open, and will be read. */
  abstract void connected();

  /** A gateway says that nothing is left to be read. */
  abstract void nothingLeft();

  /** A frame has come. */
  abstract void read(Frame frame);

  /** Connects to any gateway, unless it is connected. */
  final void connect() {
    if (state != State.AWAY || leaving) {
      return;
    }
    state = State.OPENING;
    int mine = ++attempt;
    SimulatedGateway gateway = simulation.oneOf(gateways);
    List<List<CompletableFuture<Opened>>> opening = new ArrayList<>();
    wanted()
        .forEach(
            (selection, start) -> {
              simulation.note(name, "opens", selection, "of", gateway, start);
              opening.add(gateway.open(selection, start, slowReaders));
            });
    List<CompletableFuture<Opened>> all = opening.stream().flatMap(List::stream).toList();
    simulation.after(
        OPENING_MS, () -> all.forEach(one -> one.completeExceptionally(MemoryLog.unavailable())));
    CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
        .whenComplete((done, failure) -> opened(mine, gateway, opening, failure));
  }

  private void opened(
      int mine,
      SimulatedGateway gateway,
      List<List<CompletableFuture<Opened>>> opening,
      @Nullable Throwable failure) {
    if (failure != null || mine != attempt || state != State.OPENING) {
      simulation.note(name, "could not open:", String.valueOf(failure));
      opening.forEach(parts -> parts.forEach(one -> one.thenAccept(Opened::abandon)));
      if (mine == attempt && state == State.OPENING) {
        away();
      }
      return;
    }
    List<List<Opened>> opened =
        opening.stream()
            .map(parts -> parts.stream().map(CompletableFuture::join).toList())
            .toList();
    if (opened.stream().flatMap(List::stream).allMatch(Opened::finished)) {
      opened.forEach(parts -> parts.forEach(Opened::abandon));
      simulation.note(name, "is told that nothing is left");
      state = State.FINISHED;
      nothingLeft();
      return;
    }
    EdgeLoop loop = gateway.loop();
    SimulatedConnection fresh =
        new SimulatedConnection(simulation, 2 + simulation.below(12), buffers);
    connection = fresh;
    state = State.CONNECTED;
    connected();
    loop.execute(
        () -> {
          if (connection == fresh) {
            gateway.begin(opened, fresh, loop);
            readOn(fresh);
          } else {
            opened.forEach(parts -> parts.forEach(Opened::abandon));
          }
        });
  }

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

  /** Breaks the connection, if there is one; what is on its way is lost. */
  final void breakOff() {
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
  final void leave() {
    leaving = true;
    breakOff();
  }

  /** The connection has ended: it comes back. */
  final void away() {
    connection = null;
    state = State.AWAY;
    attempt++;
    simulation.within(300, this::connect);
  }

  final boolean isConnected() {
    return state == State.CONNECTED;
  }

  final boolean isFinished() {
    return state == State.FINISHED;
  }

  /** The connection that it reads, if there is one. */
  final @Nullable SimulatedConnection connection() {
    return connection;
  }

  final void require(boolean holds, String what) {
    simulation.require(holds, name + ": " + what);
  }
}
