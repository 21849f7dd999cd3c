package io.tailwater.edge.feed;

import java.util.concurrent.atomic.AtomicLong;

/** The bytes that all tails of a gateway may hold together. Any thread. */
final class Budget {
  private final long maxBytes;
  private final AtomicLong bytes = new AtomicLong();

  Budget(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Counts bytes that a tail has taken, or released if negative. */
  void add(long change) {
    bytes.addAndGet(change);
  }

  boolean exceeded() {
    return bytes.get() > maxBytes;
  }

  long bytes() {
    return bytes.get();
  }
}
