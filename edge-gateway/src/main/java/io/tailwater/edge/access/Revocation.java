package io.tailwater.edge.access;

/**
 * Takes back the tokens that were issued before a moment, and the tickets made with them.
 * Immutable.
 *
 * @param beforeMs the moment, milliseconds since the epoch
 * @param untilMs when it ends, since the tokens have expired by then, milliseconds since the epoch
 * @param by the subject that revoked them
 * @param atMs when it was stored, milliseconds since the epoch
 */
public record Revocation(Target target, long beforeMs, long untilMs, String by, long atMs) {
  /** Whose tokens. */
  public enum Kind {
    /** All tokens of a subject. */
    SUBJECT("subject"),
    /** The one token with this {@code jti}. */
    TOKEN_ID("token_id");

    private final String field;

    Kind(String field) {
      this.field = field;
    }

    /** Its name in requests and answers. */
    public String field() {
      return field;
    }
  }

  /**
   * The tokens that it is about, by which a later revocation replaces an earlier one.
   *
   * @param name the subject, or the token's id
   */
  public record Target(Kind kind, String name) {
    @Override
    public String toString() {
      return kind.field() + ":" + name;
    }
  }

  /** Whether it still says anything. */
  boolean isOver(long nowMs) {
    return nowMs >= untilMs;
  }

  /** Whether it takes back a token; one that does not say when it was issued, always. */
  boolean takesBack(Issue issue, long nowMs) {
    return issue.atMs() < beforeMs && !isOver(nowMs);
  }
}
