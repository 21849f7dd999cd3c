package io.tailwater.ai.model;

/** A model refused a prompt, could not be reached or failed. The message is for the reader. */
public final class ModelException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Kind kind;

  /** Of a kind. */
  public ModelException(Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  /** What happened. */
  public Kind kind() {
    return kind;
  }

  /** The message; never absent, unlike that of other exceptions. */
  public String text() {
    return String.valueOf(getMessage());
  }

  /** The reason why an answer did not begin, or broke off. */
  public enum Kind {
    /** The model or its server failed, or cut the answer. */
    FAILED("model_failed"),
    /** Nothing came for too long. */
    TIMEOUT("model_timeout"),
    /** The model's server takes no more requests for now. */
    RATE_LIMITED("model_rate_limited"),
    /** The request is one that this model does not accept. */
    REFUSED("model_refused"),
    /** The conversation is longer than this model reads. */
    TOO_LONG("context_length_exceeded");

    private final String code;

    Kind(String code) {
      this.code = code;
    }

    /** The code of the event with which the stream ends. */
    public String code() {
      return code;
    }
  }
}
