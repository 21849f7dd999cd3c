package io.tailwater.core;

/**
 * Where segments are broadcast to. May lose, repeat or reorder them, and never waits: whoever
 * listens sees a hole in the intervals and asks for what is in it.
 */
public interface SegmentSink {
  /**
   * Sends one segment, or drops it.
   *
   * @param channel name of the pub/sub channel
   * @param segment a {@code Segment} message
   */
  void send(String channel, byte[] segment);
}
