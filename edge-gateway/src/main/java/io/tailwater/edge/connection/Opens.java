package io.tailwater.edge.connection;

/** A transport that knows its connection. Confined to the connection's event loop. */
public interface Opens {
  /**
   * Begins, and writes what comes first. Called once, before anything else; the cursors of the
   * first channels are in place.
   */
  void open(Connection connection, StreamOpening opening);
}
