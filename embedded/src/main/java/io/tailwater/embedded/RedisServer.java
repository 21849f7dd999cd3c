package io.tailwater.embedded;

/** A Redis that runs, wherever it does, at one address for its whole life. */
public interface RedisServer extends AutoCloseable {
  /** {@code redis://HOST:PORT}. */
  String uri();

  /** Starts it again after {@link #kill()}, empty; returns when it answers. */
  void start();

  /** Kills it with -9; returns when it is gone. */
  void kill();

  /** Stops it; there is nothing to save. */
  @Override
  void close();
}
