package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * What becomes of a reader that was live and stalls for longer than its gateway holds its events.
 */
final class SlowReadersTest {
  private static final Channel CHANNEL = Channel.parse("chat:a");
  private static final int MISSED = 40;

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aLaggingReaderCatchesUpWithEverything(@ForAll long seed) {
    World world = new World(seed, SlowReaders.LAG);
    SimulatedReader reader = world.stallsAndReadsOn();
    assertThat(reader.events).isEqualTo(MISSED);
    assertThat(reader.skips + reader.silences).isZero();
    assertThat(world.slow("lag")).isEqualTo(1);
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aReaderOfTheLatestSkipsToTheNewestEventAndIsTold(@ForAll long seed) {
    World world = new World(seed, SlowReaders.LATEST);
    SimulatedReader reader = world.stallsAndReadsOn();
    assertThat(reader.skips).isEqualTo(1);
    assertThat(reader.events).isBetween(1, MISSED / 2);
    assertThat(world.slow("latest")).isEqualTo(1);
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aReaderThatIsDisconnectedComesBackAndGetsEverything(@ForAll long seed) {
    World world = new World(seed, SlowReaders.DISCONNECT);
    SimulatedReader reader = world.stallsAndReadsOn();
    assertThat(reader.silences).isEqualTo(1);
    assertThat(reader.skips).isZero();
    assertThat(reader.events).isEqualTo(MISSED);
    assertThat(world.slow("disconnect")).isEqualTo(1);
  }

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aReaderThatComesBackAndReplaysIsNotSlow(@ForAll long seed) {
    World world = new World(seed, SlowReaders.LATEST);
    SimulatedReader reader = world.liveReader();
    reader.breakOff();
    world.publish(MISSED);
    world.readsAllAndLeaves(reader);
    assertThat(reader.events).isEqualTo(MISSED);
    assertThat(reader.skips).isZero();
  }

  /** One gateway whose tails hold a few events, and one reader. */
  private static final class World {
    final Simulation simulation;
    private final MemoryLog log;
    private final SimulatedGateway gateway;
    private final SlowReaders policy;
    private final Buffers buffers = new Buffers();

    World(long seed, SlowReaders policy) {
      this.policy = policy;
      simulation = new Simulation(seed);
      log = new MemoryLog(simulation);
      gateway = new SimulatedGateway("gateway", 2, log, simulation);
    }

    SimulatedReader liveReader() {
      SimulatedReader reader =
          new SimulatedReader(
              "reader",
              Map.of(CHANNEL, new Start.Latest()),
              Set.of(),
              policy,
              simulation,
              log,
              List.of(gateway),
              buffers);
      reader.connect();
      simulation.run(2_000);
      assertThat(reader.live(CHANNEL)).isTrue();
      return reader;
    }

    SimulatedReader stallsAndReadsOn() {
      SimulatedReader reader = liveReader();
      reader.stalled = true;
      publish(MISSED);
      reader.stalled = false;
      readsAllAndLeaves(reader);
      return reader;
    }

    void readsAllAndLeaves(SimulatedReader reader) {
      simulation.run(10_000);
      reader.requireComplete();
      reader.leave();
      simulation.run(20_000);
      gateway.requireNothingLeft();
      assertThat(buffers.held()).isZero();
    }

    void publish(int events) {
      for (int i = 0; i < events; i++) {
        log.log(CHANNEL).append(CHANNEL.key(), false, simulation.millis(), 200);
        log.foldAll();
        simulation.run(20);
      }
    }

    double slow(String policy) {
      return gateway.counter("tailwater.edge.slow.readers", "policy", policy);
    }
  }
}
