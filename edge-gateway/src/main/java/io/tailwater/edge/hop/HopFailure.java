package io.tailwater.edge.hop;

/** A request could not be passed on, or was not answered. Its message says why. */
final class HopFailure extends Exception {
  private static final long serialVersionUID = 1L;

  HopFailure(String message) {
    super(message, null, false, false);
  }
}
