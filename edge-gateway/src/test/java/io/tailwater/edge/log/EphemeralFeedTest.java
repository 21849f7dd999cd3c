package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.Segment;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import io.tailwater.edge.log.SimulatedConnection.Frame;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Who listens to an ephemeral channel gets its events in order; who is slow misses some. */
final class EphemeralFeedTest {
  private static final Channel CHANNEL = Channel.parse("chat:a");
  private static final Namespace EPHEMERAL =
      MemoryLog.NAMESPACE.toBuilder().setEphemeral(true).build();
  private static final int EVENTS = 200;

  private final Buffers buffers = new Buffers();

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aReaderGetsEveryEventInOrderWhileItReads(@ForAll long seed) {
    aReaderGetsEveryEvent(new World(seed, CHANNEL));
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aReaderOfAPatternDoesSo(@ForAll long seed) {
    aReaderGetsEveryEvent(new World(seed, ScopeText.parse("chat:a*")));
    aReaderGetsEveryEvent(new World(seed, ScopeText.parse("chat:*")));
  }

  private void aReaderGetsEveryEvent(World world) {
    SimulatedConnection connection = world.connect(4);
    List<Frame> got = new ArrayList<>(drain(connection));
    for (int i = 0; i < EVENTS; i++) {
      world.publish(i);
      got.addAll(drain(connection));
      world.simulation.run(10);
      got.addAll(drain(connection));
    }
    assertThat(numbers(got)).hasSize(EVENTS).isSorted();
    assertThat(world.missed()).isZero();
    assertThat(got)
        .allSatisfy(
            frame ->
                assertThat(frame.positions())
                    .allSatisfy(
                        (part, position) -> assertThat(position).isEqualTo(Position.EPHEMERAL)));
    world.end(connection);
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aSlowReaderMissesSomeAndGoesOnWithTheNewest(@ForAll long seed) {
    World world = new World(seed, CHANNEL);
    SimulatedConnection connection = world.connect(4);
    drain(connection);
    for (int i = 0; i < EVENTS; i++) {
      world.publish(i);
      world.simulation.run(10);
    }
    List<Frame> got = new ArrayList<>();
    for (int i = 0; i < EVENTS; i++) {
      got.addAll(drain(connection));
      world.simulation.run(10);
    }
    List<Integer> numbers = numbers(got);
    assertThat(numbers).isSorted().doesNotHaveDuplicates().hasSizeLessThan(EVENTS);
    assertThat(numbers.getLast()).isEqualTo(EVENTS - 1);
    assertThat(world.missed()).isPositive();
    world.end(connection);
  }

  private static List<Frame> drain(SimulatedConnection connection) {
    List<Frame> frames = new ArrayList<>();
    for (Frame frame = connection.read(); frame != null; frame = connection.read()) {
      frames.add(frame);
    }
    return frames;
  }

  /** The numbers of the events, which are their data. */
  private static List<Integer> numbers(List<Frame> frames) {
    return frames.stream()
        .filter(Frame.Published.class::isInstance)
        .map(frame -> ((Frame.Published) frame).event().getKey())
        .map(Integer::valueOf)
        .toList();
  }

  private final class World {
    final Simulation simulation;
    private final SimulatedGateway gateway;

    private final Scope scope;

    World(long seed, Scope scope) {
      this.scope = scope;
      simulation = new Simulation(seed);
      gateway = new SimulatedGateway("gateway", 2, new MemoryLog(simulation), simulation);
    }

    SimulatedConnection connect(int capacity) {
      SimulatedConnection connection = new SimulatedConnection(simulation, capacity, buffers);
      var opening =
          gateway.feeds.open(
              EPHEMERAL, Selection.of(scope), new Start.Last(5), simulation.chance(0.5));
      simulation.run(10);
      EdgeLoop loop = gateway.loop();
      loop.execute(
          () ->
              gateway.begin(
                  List.of(opening.stream().map(CompletableFuture::join).toList()),
                  connection,
                  loop));
      simulation.run(10);
      return connection;
    }

    void publish(int number) {
      gateway.segments.broadcast(
          Segment.newBuilder()
              .setNamespace(EPHEMERAL.getName())
              .setEpoch(Epoch.EPHEMERAL.text())
              .setPartition(
                  HomePartition.of(
                      EPHEMERAL.getPartitioner(), CHANNEL.keyBytes(), EPHEMERAL.getPartitions()))
              .addEvents(
                  Event.newBuilder()
                      .setChannelKey(CHANNEL.key())
                      .setType("message")
                      .setKey(Integer.toString(number))
                      .setKind(DataKind.BYTES)
                      .setData(ByteString.copyFrom(new byte[300])))
              .build());
    }

    double missed() {
      return gateway.counter("tailwater.edge.ephemeral.missed");
    }

    void end(SimulatedConnection connection) {
      connection.hangUp();
      simulation.run(30_000);
      gateway.requireNothingLeft();
      simulation.require(
          gateway.gauge("tailwater.edge.ephemeral.partitions") == 0, "a feed is left");
      simulation.require(buffers.held() == 0, buffers.held() + " buffers or runs are held");
      simulation.run(1);
    }
  }
}
