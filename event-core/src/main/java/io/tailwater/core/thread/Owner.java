package io.tailwater.core.thread;

/**
 * Safe for any thread: names the thread that owns a confined object. The thread that creates the
 * object owns it until another thread takes it; the methods of the object assert that their caller
 * is the owner.
 */
public final class Owner {
  private volatile Thread thread = Thread.currentThread();

  /** Makes the caller's thread the owner. The previous owner has to be done by then. */
  public void take() {
    thread = Thread.currentThread();
  }

  /** Whether the caller's thread is the owner. */
  public boolean isCurrent() {
    return Thread.currentThread() == thread;
  }

  @Override
  public String toString() {
    return "only thread " + thread.getName() + " may do this";
  }
}
