package io.tailwater.system.clients;

import io.tailwater.system.ledger.Seen;
import org.jspecify.annotations.Nullable;

/**
 * A client that reads channels over one transport and comes back by itself, as the transport's
 * usual clients do, until it is told to stop for good. Runs on a thread of its own; safe for any.
 */
public interface Reader extends AutoCloseable {
  /** What it was told so far. */
  Seen seen();

  /** Breaks its connection; it comes back to another gateway if it roams, else to the same. */
  void cut(Cut how);

  /** From now on it doesn't read what the server sends. */
  void pause();

  void resume();

  /** Whether the server told it that there is nothing left to come back for. */
  boolean finished();

  /** Why it gave up, as a browser would; null while it has not. */
  @Nullable String failure();

  /** How many connections were accepted so far. */
  int connections();

  @Override
  void close();
}
