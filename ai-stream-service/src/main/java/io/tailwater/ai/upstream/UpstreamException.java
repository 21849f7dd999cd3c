package io.tailwater.ai.upstream;

import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.ModelException.Kind;

/** One attempt to get an answer has failed. The message is for the reader of the answer. */
final class UpstreamException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final boolean passing;
  private final long afterNanos;

  private UpstreamException(Kind kind, boolean passing, long afterNanos, String message) {
    super(message);
    this.kind = kind;
    this.passing = passing;
    this.afterNanos = afterNanos;
  }

  /** Another attempt may succeed. */
  static UpstreamException passing(Kind kind, String message) {
    return passing(kind, 0, message);
  }

  /** Another attempt may succeed after a time. */
  static UpstreamException passing(Kind kind, long afterNanos, String message) {
    return new UpstreamException(kind, true, afterNanos, message);
  }

  /** Another attempt would fail as well. */
  static UpstreamException lasting(Kind kind, String message) {
    return new UpstreamException(kind, false, 0, message);
  }

  /** Whether another attempt may succeed. */
  boolean isPassing() {
    return passing;
  }

  /** How long the server asked to be left alone, nanoseconds. */
  long afterNanos() {
    return afterNanos;
  }

  ModelException asModelException() {
    return new ModelException(kind, String.valueOf(getMessage()));
  }
}
