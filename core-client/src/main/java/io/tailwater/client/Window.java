package io.tailwater.client;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Bounds the publish requests without a verdict, by count and by bytes. Any thread. */
final class Window {
  private final int maxRequests;
  private final long maxBytes;
  private final AtomicInteger requests = new AtomicInteger();
  private final AtomicLong bytes = new AtomicLong();

  Window(int maxRequests, long maxBytes) {
    this.maxRequests = maxRequests;
    this.maxBytes = maxBytes;
  }

  /** Admits all of these requests or none. */
  boolean tryEnter(int count, long size) {
    boolean fits = requests.addAndGet(count) <= maxRequests & bytes.addAndGet(size) <= maxBytes;
    if (!fits) {
      leave(count, size);
    }
    return fits;
  }

  void leave(int count, long size) {
    requests.addAndGet(-count);
    bytes.addAndGet(-size);
  }

  int requests() {
    return requests.get();
  }

  long bytes() {
    return bytes.get();
  }
}
