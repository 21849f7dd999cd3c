package io.tailwater.edge.revocation;

import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.edge.access.Revocation;
import org.jspecify.annotations.Nullable;

/**
 * The data of an event in the channel of revocations. Immutable.
 *
 * @param subject whose tokens; null if it is about one token
 * @param token_id the token's {@code jti}; null if it is about a subject
 * @param before as in {@link Revocation}; null in an event that takes a revocation back
 * @param until as in {@link Revocation}; null likewise
 */
@Serdeable
public record RevocationRecord(
    @Nullable String subject,
    @Nullable String token_id,
    @Nullable Long before,
    @Nullable Long until) {
  /** The type of an event that revokes tokens. */
  public static final String REVOKE = "revoke";

  /** The type of an event that takes a revocation back. */
  public static final String RESTORE = "restore";

  /** About this target; the times are null in an event that takes a revocation back. */
  public static RevocationRecord of(
      Revocation.Target target, @Nullable Long before, @Nullable Long until) {
    boolean ofSubject = target.kind() == Revocation.Kind.SUBJECT;
    return new RevocationRecord(
        ofSubject ? target.name() : null, ofSubject ? null : target.name(), before, until);
  }

  /** What it is about; null if that is not one thing. */
  public Revocation.@Nullable Target target() {
    if (subject != null) {
      return token_id == null ? new Revocation.Target(Revocation.Kind.SUBJECT, subject) : null;
    }
    return token_id == null ? null : new Revocation.Target(Revocation.Kind.TOKEN_ID, token_id);
  }
}
