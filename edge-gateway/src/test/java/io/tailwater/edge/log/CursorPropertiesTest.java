package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * What {@link Cursor} promises, whatever happens in whichever order: a position never decreases;
 * what a reader got and the gaps that were declared are the log; nothing comes twice; there is no
 * undue reset, and nothing is skipped but what a slow reader's namespace says so of; who ended got
 * everything; and no byte is held afterwards.
 *
 * <p>A failure names its seed and tells what happened before.
 */
final class CursorPropertiesTest {
  private static final List<Channel> CHANNELS =
      Stream.of("chat:a", "chat:b", "chat:c", "chat:d", "chat:e").map(Channel::parse).toList();

  private static final List<SlowReaders> POLICIES =
      List.of(SlowReaders.LAG, SlowReaders.LATEST, SlowReaders.DISCONNECT);

  @Property(tries = 300, shrinking = ShrinkingMode.OFF, edgeCases = EdgeCasesMode.NONE)
  void readersGetTheLogWhateverHappens(@ForAll long seed) {
    new World(seed).run();
  }

  /** Readers on two gateways over one log, and everything that can happen to them. */
  static final class World {
    private final Simulation simulation;
    private final MemoryLog log;
    private final Buffers buffers = new Buffers();
    private final List<SimulatedGateway> gateways = new ArrayList<>();
    private final List<SimulatedReader> readers = new ArrayList<>();

    World(long seed) {
      simulation = new Simulation(seed);
      log = new MemoryLog(simulation);
      for (int i = 1; i <= 2; i++) {
        gateways.add(
            new SimulatedGateway("gateway-" + i, 1 + simulation.below(3), log, simulation));
      }
    }

    void run() {
      trouble();
      for (int i = 0; i < 250; i++) {
        something();
        simulation.run(simulation.chance(0.05) ? simulation.below(4_000) : simulation.below(60));
      }
      calm();
      simulation.run(20_000);
      readers.forEach(SimulatedReader::requireComplete);
      readers.forEach(SimulatedReader::leave);
      simulation.run(20_000);
      gateways.forEach(SimulatedGateway::requireNothingLeft);
      simulation.require(buffers.held() == 0, buffers.held() + " buffers or runs are held");
      simulation.run(1);
    }

    private void trouble() {
      log.delayMs = 1 + simulation.below(100);
      log.failures = simulation.chance(0.5) ? 0.2 : 0;
      log.pageEvents = 1 + simulation.below(6);
      for (SimulatedGateway gateway : gateways) {
        gateway.segments.loss = simulation.chance(0.5) ? 0.3 : 0;
        gateway.segments.repeats = simulation.chance(0.5) ? 0.3 : 0;
        gateway.segments.delayMs = 1 + simulation.below(150);
      }
    }

    private void calm() {
      simulation.note("calm");
      log.failures = 0;
      log.foldAll();
      boolean broadcast = simulation.chance(0.5);
      for (SimulatedGateway gateway : gateways) {
        gateway.segments.loss = 0;
        gateway.segments.connected(broadcast);
      }
      for (SimulatedReader reader : readers) {
        reader.stalled = false;
      }
    }

    private void something() {
      int what = simulation.below(100);
      if (what < 40) {
        publish();
      } else if (what < 65) {
        log.foldSome();
      } else if (what < 72) {
        aReader();
      } else if (what < 80) {
        anyReader().breakOff();
      } else if (what < 88) {
        SimulatedReader reader = anyReader();
        reader.stalled = !reader.stalled;
      } else if (what < 92) {
        retain();
      } else if (what < 94) {
        FlakySegments segments = simulation.oneOf(gateways).segments;
        segments.connected(!segments.connected());
      } else if (what < 95) {
        simulation.note("the topic is made again");
        log.makeAgain();
      } else if (what < 97) {
        trouble();
      } else {
        log.foldAll();
      }
    }

    private void publish() {
      for (int events = 1 + simulation.below(4); events > 0; events--) {
        Channel channel = simulation.oneOf(CHANNELS);
        boolean closes = simulation.chance(0.02);
        long offset = log.log(channel).next();
        log.log(channel).append(channel.key(), closes, simulation.millis(), simulation.below(300));
        simulation.note(channel, "gets", offset, closes ? "(closes)" : "");
      }
      if (simulation.chance(0.1)) {
        log.log(simulation.below(MemoryLog.PARTITIONS)).skip(1 + simulation.below(3));
      }
    }

    private void retain() {
      PartitionLog partition = log.log(simulation.below(MemoryLog.PARTITIONS));
      long kept = simulation.below(20);
      partition.retain(partition.next() - kept);
      simulation.note(partition, "begins with", partition.earliest());
    }

    private void aReader() {
      if (readers.size() < 12) {
        Map<Channel, Start> channels = new LinkedHashMap<>();
        for (int i = 1 + simulation.below(simulation.chance(0.3) ? 4 : 1); i > 0; i--) {
          channels.put(simulation.oneOf(CHANNELS), start());
        }
        SimulatedReader reader =
            new SimulatedReader(
                "reader-" + readers.size(),
                channels,
                simulation.oneOf(POLICIES),
                simulation,
                log,
                gateways,
                buffers);
        readers.add(reader);
        reader.connect();
      }
    }

    private SimulatedReader anyReader() {
      if (readers.isEmpty()) {
        aReader();
      }
      return simulation.oneOf(readers);
    }

    private Start start() {
      return switch (simulation.below(5)) {
        case 0 -> new Start.Latest();
        case 1 -> new Start.Earliest();
        case 2 -> new Start.Last(1 + simulation.below(5));
        case 3 -> new Start.Since(simulation.millis() - simulation.below(2_000));
        default -> new Start.Unreadable();
      };
    }
  }
}
