package io.tailwater.ai.model;

/** A model refused a prompt, could not be reached or failed. The message is for the reader. */
public final class ModelException extends Exception {
  private static final long serialVersionUID = 1L;

  public ModelException(String message) {
    super(message);
  }

  /** The message; never absent, unlike that of other exceptions. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
