package io.tailwater.edge.log;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.log.SimulatedConnection.Buffers;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;

/**
 * What {@link Cursor} promises, whatever happens in whichever order: a position never decreases;
 * what a reader got and the gaps that were declared are the log; nothing comes twice; there is no
 * undue reset, and nothing is skipped but what a slow reader's namespace says so of; who ended got
 * everything; and no byte is held afterwards. Readers read channels and patterns, of all types or
 * some. Others keep the state of a channel: their snapshots and the events after them are the fold
 * of the log.
 *
 * <p>A failure names its seed and tells what happened before.
 */
final class CursorPropertiesTest {
  private static final List<Channel> CHANNELS =
      Stream.of("chat:a", "chat:ab", "chat:b", "chat:bc", "chat:c").map(Channel::parse).toList();

  private static final List<Scope> PATTERNS =
      Stream.of("chat:*", "chat:a*", "chat:b*", "chat:x*").map(ScopeText::parse).toList();

  private static final List<String> TYPES = List.of("r", "s", "t");

  /** Of no channel that could be named: only patterns get its events. */
  private static final String STARRED = "a*";

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
    private final List<SimulatedStateReader> stateReaders = new ArrayList<>();

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
      stateReaders.forEach(SimulatedStateReader::requireComplete);
      readers.forEach(SimulatedReader::leave);
      stateReaders.forEach(SimulatedStateReader::leave);
      simulation.run(20_000);
      gateways.forEach(SimulatedGateway::requireNothingLeft);
      simulation.require(buffers.held() == 0, buffers.held() + " buffers or runs are held");
      simulation.run(1);
    }

    private void trouble() {
      log.delayMs = 1 + simulation.below(100);
      log.failures = simulation.chance(0.5) ? 0.2 : 0;
      log.pageEvents = 1 + simulation.below(6);
      log.stateEntries = 1 + simulation.below(4);
      log.pageLeavesOut = 1 + simulation.below(8);
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
      readers.forEach(reader -> reader.stalled = false);
      stateReaders.forEach(reader -> reader.stalled = false);
    }

    private void something() {
      int what = simulation.below(100);
      if (what < 40) {
        publish();
      } else if (what < 65) {
        log.foldSome();
      } else if (what < 69) {
        aReader();
      } else if (what < 72) {
        aStateReader();
      } else if (what < 78) {
        anyReader().breakOff();
      } else if (what < 80) {
        anyStateReader().breakOff();
      } else if (what < 86) {
        SimulatedReader reader = anyReader();
        reader.stalled = !reader.stalled;
      } else if (what < 88) {
        SimulatedStateReader reader = anyStateReader();
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
        String key = simulation.chance(0.1) ? STARRED : simulation.oneOf(CHANNELS).key();
        String type = simulation.oneOf(TYPES);
        boolean closes = simulation.chance(0.02);
        PartitionLog home = log.log(MemoryLog.home(key));
        long offset = home.next();
        home.append(key, type, closes, simulation.millis(), simulation.below(300));
        simulation.note(key, "gets", offset, type, closes ? "(closes)" : "");
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
        Map<Scope, Start> scopes = new LinkedHashMap<>();
        for (int i = 1 + simulation.below(simulation.chance(0.3) ? 4 : 1); i > 0; i--) {
          if (simulation.chance(0.4)) {
            Start start = start();
            scopes.put(
                simulation.oneOf(PATTERNS),
                start instanceof Start.Last ? new Start.Earliest() : start);
          } else {
            scopes.put(simulation.oneOf(CHANNELS), start());
          }
        }
        Set<String> types =
            simulation.chance(0.6)
                ? Set.of()
                : Set.copyOf(TYPES.subList(0, 1 + simulation.below(2)));
        SimulatedReader reader =
            new SimulatedReader(
                "reader-" + readers.size(),
                scopes,
                types,
                simulation.oneOf(POLICIES),
                simulation,
                log,
                gateways,
                buffers);
        readers.add(reader);
        reader.connect();
      }
    }

    private void aStateReader() {
      if (stateReaders.size() < 4) {
        SimulatedStateReader reader =
            new SimulatedStateReader(
                "state-reader-" + stateReaders.size(),
                simulation.oneOf(CHANNELS),
                simulation.oneOf(POLICIES),
                simulation,
                log,
                gateways,
                buffers);
        stateReaders.add(reader);
        reader.connect();
      }
    }

    private SimulatedStateReader anyStateReader() {
      if (stateReaders.isEmpty()) {
        aStateReader();
      }
      return simulation.oneOf(stateReaders);
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
