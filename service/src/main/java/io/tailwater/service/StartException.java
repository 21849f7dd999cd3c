package io.tailwater.service;

import java.io.Serial;

/** A service cannot start. The message is one sentence for the operator. */
public final class StartException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  StartException(String sentence, Throwable cause) {
    super(sentence, cause);
  }
}
