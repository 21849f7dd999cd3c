package io.tailwater.edge.log;

import io.tailwater.contract.v1.Segment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A broadcast that loses, repeats, delays and reorders segments, and comes and goes. */
final class FlakySegments implements SegmentSource {
  private final Simulation simulation;
  private final Map<String, Consumer<Segment>> sinks = new HashMap<>();
  private final Map<String, Runnable> listeners = new HashMap<>();
  private boolean connected = true;

  /** How likely a segment is lost. */
  double loss;

  /** How likely it comes a second time. */
  double repeats;

  /** The longest way that a segment takes, milliseconds; those on their way overtake each other. */
  int delayMs = 1;

  FlakySegments(Simulation simulation) {
    this.simulation = simulation;
  }

  void broadcast(Segment segment) {
    if (!connected || simulation.chance(loss)) {
      return;
    }
    int copies = simulation.chance(repeats) ? 2 : 1;
    for (int i = 0; i < copies; i++) {
      simulation.within(
          delayMs,
          () -> {
            Consumer<Segment> sink = sinks.get(key(segment.getNamespace(), segment.getPartition()));
            if (sink != null) {
              simulation.note(
                  "segment of", segment.getPartition(), segment.getFrom(), segment.getThrough());
              sink.accept(segment);
            }
          });
    }
  }

  void connected(boolean now) {
    if (connected != now) {
      connected = now;
      List.copyOf(listeners.values()).forEach(Runnable::run);
    }
  }

  private static String key(String namespace, int partition) {
    return namespace + "/" + partition;
  }

  @Override
  public void subscribe(
      String namespace, int partition, Consumer<Segment> sink, Runnable connectedChanged) {
    sinks.put(key(namespace, partition), sink);
    listeners.put(key(namespace, partition), connectedChanged);
  }

  @Override
  public void unsubscribe(String namespace, int partition) {
    sinks.remove(key(namespace, partition));
    listeners.remove(key(namespace, partition));
  }

  @Override
  public boolean connected() {
    return connected;
  }

  @Override
  public boolean connected(String namespace, int partition) {
    return connected;
  }
}
