package io.tailwater.core;

import org.rocksdb.RocksDBException;

/** The store could not be read or written: a full or broken disk, or it is closed. */
final class StoreException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  StoreException(RocksDBException cause) {
    super("the store failed: " + cause.getMessage(), cause);
  }

  StoreException(String message) {
    super(message);
  }
}
