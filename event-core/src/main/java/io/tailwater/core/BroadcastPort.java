package io.tailwater.core;

import jakarta.inject.Singleton;
import java.util.function.UnaryOperator;

/**
 * Where the broadcaster sends: the sink, or what a test has put before it to lose, repeat and
 * reorder segments. Safe for any thread.
 */
@Singleton
public final class BroadcastPort implements SegmentSink {
  private volatile SegmentSink sink = (channel, segment) -> {};
  private volatile UnaryOperator<SegmentSink> fault = UnaryOperator.identity();
  private volatile SegmentSink used = sink;

  /** From now on segments go through what this makes of the sink; for tests. */
  public synchronized void fault(UnaryOperator<SegmentSink> newFault) {
    fault = newFault;
    used = fault.apply(sink);
  }

  synchronized void open(SegmentSink newSink) {
    sink = newSink;
    used = fault.apply(sink);
  }

  @Override
  public void send(String channel, byte[] segment) {
    used.send(channel, segment);
  }
}
