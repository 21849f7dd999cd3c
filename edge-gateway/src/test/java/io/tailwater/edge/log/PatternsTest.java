package io.tailwater.edge.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/** Each partition of a pattern goes on by itself. */
final class PatternsTest {
  private static final Scope ALL = ScopeText.parse("chat:*");
  private static final int EVENTS = 30;

  @Property(tries = 20, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void aPartitionThatCannotBeReadDoesNotHoldUpTheOthers(@ForAll long seed) {
    Simulation simulation = new Simulation(seed);
    MemoryLog log = new MemoryLog(simulation);
    SimulatedGateway gateway = new SimulatedGateway("gateway", 2, log, simulation);
    gateway.fresh = 0;
    Buffers buffers = new Buffers();
    List<Channel> channels = oneInEachPartition();
    publish(log, channels, simulation);
    log.unreadable = simulation.below(MemoryLog.PARTITIONS);
    SimulatedReader reader =
        new SimulatedReader(
            "reader",
            Map.of(ALL, new Start.Earliest()),
            Set.of(),
            SlowReaders.LAG,
            simulation,
            log,
            List.of(gateway),
            buffers);
    reader.connect();
    simulation.run(4_000);
    assertThat(reader.events).isEqualTo(EVENTS);
    assertThat(reader.live(ALL)).isFalse();
    publish(log, channels, simulation);
    simulation.run(2_000);
    assertThat(reader.events).as("new events of the other partition").isEqualTo(2 * EVENTS);
    assertThat(reader.live(ALL)).isFalse();
    log.unreadable = -1;
    simulation.run(20_000);
    assertThat(reader.events).isEqualTo(4 * EVENTS);
    reader.requireComplete();
    reader.leave();
    simulation.run(20_000);
    gateway.requireNothingLeft();
    assertThat(buffers.held()).isZero();
    simulation.run(1);
  }

  private static List<Channel> oneInEachPartition() {
    Channel first = Channel.parse("chat:a");
    for (char key = 'b'; ; key++) {
      Channel second = Channel.parse("chat:" + key);
      if (MemoryLog.home(second) != MemoryLog.home(first)) {
        return List.of(first, second);
      }
    }
  }

  private static void publish(MemoryLog log, List<Channel> channels, Simulation simulation) {
    for (Channel channel : channels) {
      for (int i = 0; i < EVENTS; i++) {
        log.log(channel).append(channel.key(), false, simulation.millis(), 10);
      }
    }
    log.foldAll();
  }
}
