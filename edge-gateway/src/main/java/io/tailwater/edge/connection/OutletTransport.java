package io.tailwater.edge.connection;

/**
 * A transport that sends all its bytes by an {@link Outlet}. Confined to the connection's event
 * loop.
 */
public interface OutletTransport extends Transport, Transport.Buffers {
  /** Its outlet, once the connection is open. */
  Outlet outlet();

  @Override
  default boolean writable() {
    return outlet().writable();
  }

  @Override
  default long bufferedBytes() {
    return outlet().bufferedBytes();
  }

  @Override
  default boolean unsent() {
    return outlet().waiting();
  }

  @Override
  default boolean unconfirmed() {
    return outlet().isUnconfirmed();
  }

  @Override
  default void flush() {
    outlet().flush();
  }
}
