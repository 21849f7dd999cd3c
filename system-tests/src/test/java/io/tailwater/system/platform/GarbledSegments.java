package io.tailwater.system.platform;

import io.tailwater.core.broadcast.SegmentSink;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * A broadcast that drops a third of all segments, repeats some and holds some back until others
 * have passed. Safe for any thread.
 */
public final class GarbledSegments implements SegmentSink {
  private static final int MOST_HELD = 20;

  private record Held(String channel, byte[] segment) {}

  private final SegmentSink sink;
  private final RandomGenerator random =
      RandomGeneratorFactory.of("L64X128MixRandom").create(20_261_121);
  private final Deque<Held> held = new ArrayDeque<>();

  public GarbledSegments(SegmentSink sink) {
    this.sink = sink;
  }

  @Override
  public synchronized void send(String channel, byte[] segment) {
    switch (random.nextInt(6)) {
      case 0, 1 -> {
        // Lost.
      }
      case 2 -> {
        sink.send(channel, segment);
        sink.send(channel, segment);
      }
      case 3 -> held.addLast(new Held(channel, segment));
      default -> sink.send(channel, segment);
    }
    if (!held.isEmpty() && (held.size() > MOST_HELD || random.nextInt(4) == 0)) {
      Held late = random.nextBoolean() ? held.removeFirst() : held.removeLast();
      sink.send(late.channel(), late.segment());
    }
  }
}
