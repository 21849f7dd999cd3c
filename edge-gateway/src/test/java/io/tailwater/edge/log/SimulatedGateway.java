package io.tailwater.edge.log;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.EventLoop;
import io.netty.channel.MultithreadEventLoopGroup;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.access.Grant;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Issue;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.ConnectionConfiguration;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.connection.DrainConfiguration;
import io.tailwater.edge.connection.StreamOpening;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.feed.LogConfiguration;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.limits.EdgeLimits;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.loop.EdgeLoops;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The real delivery machinery of one gateway, on loops of a simulation. */
final class SimulatedGateway {
  private static final DrainConfiguration NO_DRAIN =
      new DrainConfiguration(Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

  static final Duration LINGER = Duration.ofSeconds(3);
  static final int HEARTBEAT_MS = 3_000;

  private static final Identity ANYONE =
      new Identity(
          Identity.ANONYMOUS,
          new Grant(List.of(), List.of(), List.of()),
          Long.MAX_VALUE,
          true,
          Issue.UNKNOWN,
          null,
          "");

  /**
   * How likely a reader wants everything that is in the log when it opens, as a short poll does.
   */
  double fresh = 0.3;

  final FlakySegments segments;
  final Feeds feeds;
  final Connections connections;
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final EdgeLoops loops;
  private final String name;
  private final Simulation simulation;
  private int begun;

  SimulatedGateway(String name, int loopCount, MemoryLog log, Simulation simulation) {
    this.name = name;
    this.simulation = simulation;
    LogConfiguration configuration = new LogConfiguration(2_000, 6_000, 2, LINGER);
    ConnectionConfiguration connecting =
        new ConnectionConfiguration(
            Duration.ofMillis(HEARTBEAT_MS), Duration.ofSeconds(20), Duration.ofSeconds(5), 1_000);
    segments = new FlakySegments(simulation);
    log.broadcastTo(segments);
    loops = new EdgeLoops(new Group(loopCount, simulation), HEARTBEAT_MS);
    Admission admission = new Admission(EdgeLimits.NONE, simulation::nanoTime, meters);
    feeds = new Feeds(log, segments, loops, configuration, admission, simulation::nanoTime, meters);
    feeds.start();
    Revocations revocations = new Revocations(Duration.ofDays(1), () -> Instant.EPOCH);
    connections =
        new Connections(
            loops, connecting, NO_DRAIN, admission, revocations, () -> new Random(0), meters);
  }

  /** Opens a channel, or a pattern in every partition. */
  List<CompletableFuture<Opened>> open(Selection selection, Start start, SlowReaders slowReaders) {
    return feeds.open(
        MemoryLog.NAMESPACE.toBuilder().setSlowReaders(slowReaders).build(),
        selection,
        start,
        simulation.chance(fresh));
  }

  /** The loop of a new connection. */
  EdgeLoop loop() {
    return loops.any();
  }

  /** Begins a connection, on its loop. */
  Connection begin(List<List<Opened>> opened, SimulatedConnection transport, EdgeLoop loop) {
    Admission.Seat seat = connections.admit(ANYONE);
    Connection connection =
        connections.begin(name + "-" + ++begun, ANYONE, seat, transport, loop, true);
    StreamOpening opening = new StreamOpening(connection.id(), name, 0, HEARTBEAT_MS);
    connection.begin(opened, 0, () -> transport.open(connection, opening));
    return connection;
  }

  double gauge(String meter) {
    return meters.get(meter).gauge().value();
  }

  double counter(String meter, String... tags) {
    return meters.get(meter).tags(tags).counter().count();
  }

  void requireNothingLeft() {
    for (String what :
        List.of(
            "tailwater.edge.tail.bytes",
            "tailwater.edge.partitions",
            "tailwater.edge.pages.waiting",
            "tailwater.edge.connections")) {
      simulation.require(gauge(what) == 0, what + " of " + name + " is " + gauge(what));
    }
  }

  @Override
  public String toString() {
    return name;
  }

  /** Loops that are taken in turn. */
  private static final class Group extends MultithreadEventLoopGroup {
    Group(int loops, Simulation simulation) {
      super(loops, (Executor) Runnable::run, simulation);
    }

    @Override
    protected EventLoop newChild(Executor executor, Object... args) {
      return ((Simulation) args[0]).newLoop();
    }
  }
}
