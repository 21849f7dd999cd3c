package io.tailwater.ai;

/** The lease store did not answer. What was asked of it may have been done or not. */
final class LeaseStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  LeaseStoreException(String message) {
    super(message);
  }
}
