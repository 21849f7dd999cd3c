package io.tailwater.ai.threads;

import org.jspecify.annotations.Nullable;

/** Owned by the thread that uses it first: tells whether the same thread uses it still. */
public final class Confinement {
  private @Nullable Thread owner;

  /** Whether this is the owning thread, for an {@code assert}. */
  public boolean holds() {
    if (owner == null) {
      owner = Thread.currentThread();
    }
    return owner == Thread.currentThread();
  }
}
