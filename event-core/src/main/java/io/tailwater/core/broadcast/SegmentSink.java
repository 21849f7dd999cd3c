package io.tailwater.core.broadcast;

/**
 * Safe for any thread: takes segments to broadcast. May lose, repeat or reorder them, and never
 * blocks. Listeners detect a hole in the intervals, and fetch the missing segments.
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
