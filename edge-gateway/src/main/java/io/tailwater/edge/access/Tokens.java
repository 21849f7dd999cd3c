package io.tailwater.edge.access;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.text.ParseException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads tokens and tickets, and makes tickets. Both are JWTs signed with one secret (HS256); a
 * ticket has the claim {@code tw-ticket} with the channels that it is narrowed to, and is no token.
 */
public final class Tokens {
  private static final String CLAIM = "tw";
  private static final String TICKET_CLAIM = "tw-ticket";
  private static final long MAX_SUBJECT_CHARS = 255;

  private final MACSigner signer;
  private final MACVerifier verifier;
  private final InstantSource clock;

  /**
   * @param key the secret, base64url, at least 32 bytes
   */
  public Tokens(String key, InstantSource clock) {
    try {
      byte[] secret = Base64.getUrlDecoder().decode(key);
      signer = new MACSigner(secret);
      verifier = new MACVerifier(secret);
    } catch (JOSEException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "tailwater.edge.jwt-key is to be at least 32 bytes as base64url", e);
    }
    this.clock = clock;
  }

  /**
   * @throws RequestException {@code unauthorized}, {@code token_expired}
   */
  Identity token(String text) {
    JWTClaimsSet claims = verified(text, "token");
    if (claims.getClaim(TICKET_CLAIM) != null) {
      throw unauthorized("this is a ticket: hand it in as ticket=");
    }
    return new Identity(subject(claims), grant(claims), expiry(claims), false, null, "");
  }

  /**
   * @param origin the request's Origin header, if it has one
   * @throws RequestException {@code unauthorized}, {@code token_expired}, {@code origin_denied}
   */
  Identity ticket(String text, @Nullable String origin) {
    JWTClaimsSet claims = verified(text, "ticket");
    if (!(claims.getClaim(TICKET_CLAIM) instanceof Map<?, ?> narrowed)
        || !(narrowed.get("channels") instanceof List<?> channels)) {
      throw unauthorized("this is no ticket: POST /v1/tickets makes one");
    }
    if (origin != null && narrowed.get("origin") instanceof String made && !made.equals(origin)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED, "this ticket was made for another origin");
    }
    Set<String> names = new HashSet<>();
    channels.forEach(channel -> names.add(String.valueOf(channel)));
    boolean anonymous = Identity.ANONYMOUS.equals(claims.getSubject());
    return new Identity(subject(claims), Grant.NOTHING, expiry(claims), anonymous, names, "");
  }

  /** A signed, narrowed token that reads just these channels. */
  public record Ticket(String text, long expiresAtMs) {}

  /**
   * Makes a ticket, that ends no later than the token of who asks.
   *
   * @param origin the Origin header of the request, which the ticket is then bound to
   */
  public Ticket makeTicket(
      Identity identity, List<String> channels, long ttlSeconds, @Nullable String origin) {
    long expiresAtMs = Math.min(identity.expiresAtMs(), clock.millis() + ttlSeconds * 1000);
    Map<String, Object> narrowed =
        origin == null
            ? Map.of("channels", channels)
            : Map.of("channels", channels, "origin", origin);
    JWTClaimsSet claims =
        new JWTClaimsSet.Builder()
            .subject(identity.subject())
            .expirationTime(Date.from(Instant.ofEpochMilli(expiresAtMs)))
            .claim(TICKET_CLAIM, narrowed)
            .build();
    SignedJWT ticket = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims);
    try {
      ticket.sign(signer);
    } catch (JOSEException e) {
      throw new IllegalStateException("a ticket could not be signed", e);
    }
    return new Ticket(ticket.serialize(), expiresAtMs);
  }

  private JWTClaimsSet verified(String text, String what) {
    try {
      SignedJWT jwt = SignedJWT.parse(text);
      if (!jwt.getHeader().getAlgorithm().equals(JWSAlgorithm.HS256) || !jwt.verify(verifier)) {
        throw unauthorized("this " + what + " is not signed with the key of this platform (HS256)");
      }
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      Date notBefore = claims.getNotBeforeTime();
      if (notBefore != null && notBefore.toInstant().isAfter(clock.instant())) {
        throw unauthorized("this " + what + " is not valid yet");
      }
      if (expiry(claims) <= clock.millis()) {
        throw new RequestException(
            ErrorCode.TOKEN_EXPIRED, "this " + what + " has expired: get a new one");
      }
      return claims;
    } catch (ParseException | JOSEException e) {
      throw unauthorized("this " + what + " cannot be read: a JWT signed with HS256 is expected");
    }
  }

  private static String subject(JWTClaimsSet claims) {
    String subject = claims.getSubject();
    if (subject == null || subject.isEmpty() || subject.length() > MAX_SUBJECT_CHARS) {
      throw unauthorized("a token needs a subject, 'sub', of 1 to 255 characters");
    }
    return subject;
  }

  private static long expiry(JWTClaimsSet claims) {
    Date expiry = claims.getExpirationTime();
    if (expiry == null) {
      throw unauthorized("a token needs an end, 'exp'");
    }
    return expiry.getTime();
  }

  private static Grant grant(JWTClaimsSet claims) {
    if (!(claims.getClaim(CLAIM) instanceof Map<?, ?> tw)) {
      return Grant.NOTHING;
    }
    return new Grant(patterns(tw, "subscribe"), patterns(tw, "publish"), patterns(tw, "call"));
  }

  private static List<String> patterns(Map<?, ?> tw, String name) {
    Object patterns = tw.get(name);
    if (patterns == null) {
      return List.of();
    }
    if (!(patterns instanceof List<?> list) || !list.stream().allMatch(String.class::isInstance)) {
      throw unauthorized(
          "'tw." + name + "' of a token is a list of patterns, for instance [\"chat:*\"]");
    }
    return list.stream().map(String.class::cast).toList();
  }

  private static RequestException unauthorized(String message) {
    return new RequestException(ErrorCode.UNAUTHORIZED, message);
  }
}
