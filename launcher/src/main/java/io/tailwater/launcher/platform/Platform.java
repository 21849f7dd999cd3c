package io.tailwater.launcher.platform;

import io.tailwater.launcher.terminal.Announcer;

/** A running set of parts: Kafka, Redis and the services, without the balancer. */
public interface Platform extends AutoCloseable {
  /**
   * Starts everything, and announces each part when it is ready.
   *
   * @throws LaunchException if a part can't start; what has started goes on until {@link #close}
   */
  void start(Announcer announcer) throws InterruptedException;

  /**
   * Stops everything in order and returns when nothing is left. Ends a {@link #start} that is under
   * way.
   */
  @Override
  void close();
}
