package io.tailwater.edge.log;

/** A run in one wire format. It holds direct memory, which its run releases. Any thread. */
public interface EncodedRun {
  /** Frees its memory; called once. */
  void release();
}
