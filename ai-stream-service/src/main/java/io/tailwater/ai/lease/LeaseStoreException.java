package io.tailwater.ai.lease;

/** The lease store did not answer. It may or may not have done what it was asked. */
final class LeaseStoreException extends Exception {
  private static final long serialVersionUID = 1L;

  LeaseStoreException(String message) {
    super(message);
  }
}
