package io.tailwater.edge.admin;

import com.google.protobuf.ByteString;
import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.client.Verdict;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Revocation;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.http.RequestBody;
import io.tailwater.edge.revocation.RevocationLog;
import io.tailwater.edge.revocation.RevocationRecord;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Writes revocations to the log. Any thread. */
final class Revoking {
  /** Whoever writes seconds where milliseconds are due is below this. */
  private static final long SECONDS_BELOW = 100_000_000_000L;

  private static final long MAX_MS = 1L << 53;
  private static final Duration MAX_LENGTH = Duration.ofDays(3_650);
  private static final int MAX_NAME_CHARS = 255;

  private final Function<PublishRequest, CompletableFuture<Verdict>> log;
  private final Revocations revocations;
  private final ObjectMapper json;
  private final InstantSource clock;

  @Serdeable
  record Wish(
      @Nullable Object subject,
      @Nullable Object token_id,
      @Nullable Object before,
      @Nullable Object until,
      @Nullable Object for_s) {}

  /**
   * @param log publishes an event
   */
  Revoking(
      Function<PublishRequest, CompletableFuture<Verdict>> log,
      Revocations revocations,
      ObjectMapper json,
      InstantSource clock) {
    this.log = log;
    this.revocations = revocations;
    this.json = json;
    this.clock = clock;
  }

  /**
   * What a request's body asks for.
   *
   * @throws RequestException {@code invalid_request}, {@code rate_limited}
   */
  RevocationRecord read(byte[] body) {
    Wish wish =
        RequestBody.parse(
            json, body, Wish.class, List.of("subject", "token_id", "before", "until", "for_s"));
    Revocation.Target target =
        target(text("subject", wish.subject()), text("token_id", wish.token_id()));
    long nowMs = clock.millis();
    // iat has no more than seconds: every token until now has an earlier one, and none from then
    // on.
    long nextSecondMs = (nowMs / 1_000 + 1) * 1_000;
    long before = wish.before() == null ? nextSecondMs : time("before", wish.before());
    if (wish.until() != null && wish.for_s() != null) {
      throw invalid("'until' and 'for_s' say the same: name one of them");
    }
    long until =
        wish.until() != null
            ? time("until", wish.until())
            : nowMs
                + 1_000
                    * (wish.for_s() == null
                        ? revocations.tokenLife().toSeconds()
                        : RequestBody.whole("for_s", wish.for_s(), 1, MAX_LENGTH.toSeconds()));
    if (until <= nowMs || until > nowMs + MAX_LENGTH.toMillis()) {
      throw invalid("'until' is in the future, at most " + MAX_LENGTH.toDays() + " days away");
    }
    if (until <= before && wish.before() != null) {
      throw invalid("'until' is later than 'before'");
    }
    revocations.requireRoom(target);
    return RevocationRecord.of(target, before, until);
  }

  /**
   * What a revocation is about.
   *
   * @throws RequestException {@code invalid_request}
   */
  static Revocation.Target target(@Nullable String subject, @Nullable String tokenId) {
    if ((subject == null) == (tokenId == null)) {
      throw invalid("whose tokens? Name either 'subject' or 'token_id'");
    }
    Revocation.Kind kind = subject == null ? Revocation.Kind.TOKEN_ID : Revocation.Kind.SUBJECT;
    String name = subject == null ? String.valueOf(tokenId) : subject;
    if (name.isEmpty() || name.length() > MAX_NAME_CHARS) {
      throw invalid("'" + kind.field() + "' has 1 to " + MAX_NAME_CHARS + " characters");
    }
    if (kind == Revocation.Kind.SUBJECT && name.equals(Identity.ANONYMOUS)) {
      throw invalid("'anonymous' is who has no token: there is nothing to revoke");
    }
    return new Revocation.Target(kind, name);
  }

  private static @Nullable String text(String name, @Nullable Object value) {
    return value == null ? null : RequestBody.text(name, value);
  }

  private static long time(String name, Object value) {
    long time = RequestBody.whole(name, value, 0, MAX_MS);
    if (time > 0 && time < SECONDS_BELOW) {
      throw invalid(
          "'" + name + "' is in milliseconds since the epoch, and this looks like seconds");
    }
    return time;
  }

  /**
   * Writes an event to the log. Completes when it is there.
   *
   * @param type of {@link RevocationRecord}
   * @param by the caller's subject
   */
  CompletableFuture<Position> write(String type, RevocationRecord data, String by) {
    return log.apply(
            PublishRequest.newBuilder()
                .setChannel(RevocationLog.CHANNEL.toString())
                .setType(type)
                .setBy(by)
                .setData(ByteString.copyFrom(bytes(data)))
                .build())
        .thenApply(Revoking::stored);
  }

  private byte[] bytes(RevocationRecord data) {
    try {
      return json.writeValueAsBytes(data);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Position stored(Verdict verdict) {
    return switch (verdict) {
      case Verdict.Stored stored -> stored.id();
      case Verdict.Conflicting conflicting ->
          throw new IllegalStateException("these events are about no entry");
      case Verdict.Closed closed ->
          throw new RequestException(ErrorCode.CLOSED, "the channel of revocations is closed");
      case Verdict.Refused(ErrorCode code, String message) ->
          throw new RequestException(code, message);
      case Verdict.Unknown unknown ->
          throw new RequestException(
              ErrorCode.UNAVAILABLE,
              "whether this is in the log is unknown; try again, which does no harm");
    };
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
