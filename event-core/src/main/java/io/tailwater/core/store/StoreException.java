package io.tailwater.core.store;

import org.rocksdb.RocksDBException;

/**
 * Immutable: the store could not be read or written; its disk is full or broken, or it is closed.
 */
public final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreException(RocksDBException cause) {
    super("the store failed: " + cause.getMessage(), cause);
  }

  StoreException(String message) {
    super(message);
  }
}
