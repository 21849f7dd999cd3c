package io.tailwater.edge.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.TokenPatterns;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads and makes tokens and tickets. Both are JWTs signed with the platform's own {@link Secrets},
 * and tokens also with keys of {@linkplain ForeignTokens other issuers}. A ticket has the claim
 * {@code tw-ticket} with the channels that it is for. It is not accepted as a token.
 */
public final class Tokens {
  private static final String CLAIM = "tw";
  private static final String TICKET_CLAIM = "tw-ticket";
  private static final long MAX_SUBJECT_CHARS = 255;

  private final Secrets secrets;
  private final @Nullable ForeignTokens foreign;
  private final Duration maxLife;
  private final Revocations revocations;
  private final InstantSource clock;
  private final VerifiedTokens verified;

  /**
   * @param foreign the tokens of other issuers; null if there are none
   * @param maxLife how far away the end of a token may be
   */
  public Tokens(
      Secrets secrets,
      @Nullable ForeignTokens foreign,
      Duration maxLife,
      Revocations revocations,
      InstantSource clock,
      MeterRegistry meters) {
    this.secrets = secrets;
    this.foreign = foreign;
    this.maxLife = maxLife;
    this.revocations = revocations;
    this.clock = clock;
    this.verified = new VerifiedTokens(meters);
  }

  /**
   * @throws RequestException {@code unauthorized}, {@code token_expired}, {@code token_revoked},
   *     {@code token_not_yet_valid}, {@code unavailable}
   */
  Identity token(String text) {
    long keyChanges = foreign == null ? 0 : foreign.keys().changes();
    Identity known = verified.find(text, keyChanges, clock.millis());
    if (known == null) {
      known = judged(text);
      verified.put(text, known, keyChanges);
    }
    return valid(known);
  }

  private Identity judged(String text) {
    SignedJWT jwt = parsed(text, "token");
    ForeignTokens theirs = Secrets.isTheirs(jwt) ? null : foreign;
    if (theirs == null) {
      requireOwn(jwt, "token");
    } else {
      requireIssuer(jwt, theirs);
    }
    JWTClaimsSet claims = claims(jwt, "token");
    if (claims.getClaim(TICKET_CLAIM) != null) {
      throw unauthorized("this is a ticket: hand it in as ticket=");
    }
    if (theirs != null) {
      theirs.require(claims);
    }
    String subject = subject(theirs == null ? claims.getSubject() : theirs.subject(claims));
    requireOwnSubject(subject);
    return new Identity(
        subject,
        theirs == null ? grant(claims) : theirs.grant(claims),
        expiry(claims, "token"),
        false,
        issue(claims),
        null,
        "");
  }

  private static void requireIssuer(SignedJWT jwt, ForeignTokens foreign) {
    try {
      if (foreign.keys().verify(jwt)) {
        return;
      }
    } catch (JOSEException e) {
      // As bad as a wrong signature.
    }
    throw unauthorized(
        "this token is signed neither with the key of this platform (HS256) nor with one of an"
            + " issuer that is trusted here (RS256, PS256, ES256, EdDSA)");
  }

  /**
   * @param origin the request's Origin header, if it has one
   * @throws RequestException {@code unauthorized}, {@code token_expired}, {@code token_revoked},
   *     {@code origin_denied}, {@code unavailable}
   */
  Identity ticket(String text, @Nullable String origin) {
    SignedJWT jwt = parsed(text, "ticket");
    requireOwn(jwt, "ticket");
    JWTClaimsSet claims = claims(jwt, "ticket");
    if (!(claims.getClaim(TICKET_CLAIM) instanceof Map<?, ?> narrowed)
        || !(narrowed.get("channels") instanceof List<?> channels)) {
      throw unauthorized("this is no ticket: POST /v1/tickets makes one");
    }
    if (origin != null && narrowed.get("origin") instanceof String made && !same(made, origin)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED, "this ticket was made for another origin");
    }
    Set<String> names = new HashSet<>();
    channels.forEach(channel -> names.add(String.valueOf(channel)));
    boolean anonymous = Identity.ANONYMOUS.equals(claims.getSubject());
    Grant grant = new Grant(List.of(), List.of(), Grant.patterns(narrowed, "call"));
    return valid(
        new Identity(
            subject(claims.getSubject()),
            grant,
            expiry(claims, "ticket"),
            anonymous,
            issue(claims),
            names,
            ""));
  }

  private Identity valid(Identity identity) {
    revocations.require(identity);
    return identity;
  }

  private static Issue issue(JWTClaimsSet claims) {
    Date at = claims.getIssueTime();
    String id = claims.getJWTID();
    return new Issue(at == null ? Issue.UNKNOWN_MS : at.getTime(), id == null ? "" : id);
  }

  private static boolean same(String one, String other) {
    Origin origin = Origin.parse(one);
    return origin == null ? one.equals(other) : origin.equals(Origin.parse(other));
  }

  /** A signed, narrowed token that reads just these channels. */
  public record Ticket(String text, long expiresAtMs) {}

  /**
   * Makes a ticket that ends no later than the caller's token.
   *
   * @param origin the Origin header of the request, which the ticket is then bound to
   */
  public Ticket makeTicket(
      Identity identity, List<String> channels, long ttlSeconds, @Nullable String origin) {
    return makeTicket(identity, channels, List.of(), ttlSeconds, origin);
  }

  /**
   * Makes a ticket that also allows to call methods about its channels.
   *
   * @param calls the methods' names
   */
  public Ticket makeTicket(
      Identity identity,
      List<String> channels,
      List<String> calls,
      long ttlSeconds,
      @Nullable String origin) {
    long expiresAtMs = Math.min(identity.expiresAtMs(), clock.millis() + ttlSeconds * 1000);
    Map<String, Object> narrowed = new HashMap<>(Map.of("channels", channels));
    if (!calls.isEmpty()) {
      narrowed.put("call", calls);
    }
    if (origin != null) {
      narrowed.put("origin", origin);
    }
    JWTClaimsSet.Builder claims =
        new JWTClaimsSet.Builder()
            .subject(identity.subject())
            .expirationTime(Date.from(Instant.ofEpochMilli(expiresAtMs)))
            .claim(TICKET_CLAIM, narrowed);
    // Those of the token, so that a ticket is taken back with it.
    Issue issue = identity.issue();
    if (issue.atMs() != Issue.UNKNOWN_MS) {
      claims.issueTime(Date.from(Instant.ofEpochMilli(issue.atMs())));
    }
    if (!issue.tokenId().isEmpty()) {
      claims.jwtID(issue.tokenId());
    }
    return new Ticket(secrets.sign(claims.build()), expiresAtMs);
  }

  /** A signed token. */
  public record Signed(String text, long expiresAtMs) {}

  /**
   * Makes a token, issued now.
   *
   * @throws RequestException {@code invalid_request} if no such token would be accepted
   */
  public Signed make(String subject, Grant grant, long ttlSeconds) {
    long nowMs = clock.millis();
    long expiresAtMs = nowMs + ttlSeconds * 1000;
    String text =
        secrets.sign(
            new JWTClaimsSet.Builder()
                .subject(subject)
                .issueTime(Date.from(Instant.ofEpochMilli(nowMs)))
                .expirationTime(Date.from(Instant.ofEpochMilli(expiresAtMs)))
                .claim(
                    CLAIM,
                    Map.of(
                        "subscribe", grant.subscribe(),
                        "publish", grant.publish(),
                        "call", grant.call()))
                .build());
    try {
      judged(text);
    } catch (RequestException e) {
      throw new RequestException(ErrorCode.INVALID_REQUEST, e.text());
    }
    return new Signed(text, expiresAtMs);
  }

  private static SignedJWT parsed(String text, String what) {
    try {
      return SignedJWT.parse(text);
    } catch (ParseException e) {
      throw unreadable(what);
    }
  }

  private void requireOwn(SignedJWT jwt, String what) {
    try {
      if (secrets.verify(jwt)) {
        return;
      }
    } catch (JOSEException e) {
      throw unreadable(what);
    }
    throw unauthorized("this " + what + " is not signed with the key of this platform (HS256)");
  }

  /** The claims of a token that is valid now. */
  private JWTClaimsSet claims(SignedJWT jwt, String what) {
    try {
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      expiry(claims, what);
      return claims;
    } catch (ParseException e) {
      throw unreadable(what);
    }
  }

  private static RequestException unreadable(String what) {
    return unauthorized("this " + what + " cannot be read: a signed JWT is expected");
  }

  private static String subject(@Nullable String subject) {
    if (subject == null || subject.isEmpty() || subject.length() > MAX_SUBJECT_CHARS) {
      throw unauthorized("a token needs a subject, 'sub', of 1 to 255 characters");
    }
    return subject;
  }

  /** What would be taken for someone or something else, in grants, in logs or by other clients. */
  private static void requireOwnSubject(String subject) {
    boolean readable =
        subject.chars().noneMatch(Character::isISOControl)
            && StandardCharsets.UTF_8.newEncoder().canEncode(subject);
    if (!readable) {
      throw unauthorized("'sub' holds a control character or half a surrogate pair");
    }
    if (subject.equals(Identity.ANONYMOUS)
        || subject.equals(TokenPatterns.SUBJECT)
        || subject.endsWith("*")) {
      throw unauthorized(
          "'sub' may not be 'anonymous' or '$sub' or end in '*': these mean something else");
    }
  }

  private long expiry(JWTClaimsSet claims, String what) {
    return Validity.expiry(claims, what, maxLife, clock.millis());
  }

  private static Grant grant(JWTClaimsSet claims) {
    return claims.getClaim(CLAIM) instanceof Map<?, ?> tw ? Grant.of(tw) : Grant.NOTHING;
  }

  private static RequestException unauthorized(String message) {
    return new RequestException(ErrorCode.UNAUTHORIZED, message);
  }
}
