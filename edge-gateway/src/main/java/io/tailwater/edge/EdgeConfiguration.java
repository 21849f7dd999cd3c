package io.tailwater.edge;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.edge.access.Secrets;
import io.tailwater.edge.keys.IssuerKeys;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * Settings of the gateway.
 *
 * @param eventCores addresses of the event-cores, {@code host:port} of their gRPC
 * @param jwtKey secret that tokens and tickets are signed with (HS256), base64url, at least 32
 *     bytes; in place of {@code jwtKeys} where there is only one
 * @param jwtKeys such secrets, of which the first signs; all of them verify
 * @param maxTokenLife how far away the end of a token may be, 1 minute to 10 years
 * @param jwks where other issuers publish their keys: URLs, or absolute paths of files
 * @param issuer the {@code iss} of their tokens; needed with {@code jwks}
 * @param audience what is in the {@code aud} of their tokens; needed with {@code jwks}
 * @param origins web origins whose pages may use this gateway, e.g. {@code
 *     https://app.example.com}; {@code *}: any, without credentials
 * @param dev demo page, fault buttons and a maker of tokens, for the launcher only: they let anyone
 *     reset connections and do anything
 * @param devKill whether one of those buttons may end this process
 */
@ConfigurationProperties("tailwater.edge")
public record EdgeConfiguration(
    List<String> eventCores,
    @Bindable(defaultValue = "") String jwtKey,
    @Bindable(defaultValue = "") List<String> jwtKeys,
    @Bindable(defaultValue = "30d") Duration maxTokenLife,
    @Bindable(defaultValue = "") List<String> jwks,
    @Bindable(defaultValue = "") List<String> issuer,
    @Bindable(defaultValue = "") List<String> audience,
    @Bindable(defaultValue = "") List<String> origins,
    @Bindable(defaultValue = "false") boolean dev,
    @Bindable(defaultValue = "false") boolean devKill) {
  private static final Duration MIN_LIFE = Duration.ofMinutes(1);
  private static final Duration MAX_LIFE = Duration.ofDays(3_650);
  private static final int MAX_SOURCES = 16;
  private static final String KEY = "at least 32 random bytes as base64url";

  /** Refuses values out of bounds. */
  public EdgeConfiguration {
    Bounds bounds = new Bounds("tailwater.edge");
    bounds.addresses("event-cores", eventCores, "event-core");
    // An unset list arrives as one blank entry.
    jwtKeys = set(jwtKeys);
    jwks = set(jwks);
    issuer = set(issuer);
    audience = set(audience);
    bounds.require(jwtKeys.stream().allMatch(Secrets::isKey), "jwt-keys", "not all keys", KEY);
    bounds.require(
        jwtKey.isEmpty() ? !jwtKeys.isEmpty() : Secrets.isKey(jwtKey), "jwt-key", "not a key", KEY);
    for (String location : jwks) {
      bounds.require(
          IssuerKeys.isLocation(location),
          "jwks",
          Bounds.quoted(location),
          "https:// or http:// URLs, or absolute paths of files");
    }
    bounds.require(jwks.size() <= MAX_SOURCES, "jwks", "a longer list", "at most " + MAX_SOURCES);
    bounds.require(
        jwks.isEmpty() || !issuer.isEmpty(), "issuer", "not set", "the 'iss' of tokens, with jwks");
    bounds.require(
        jwks.isEmpty() || !audience.isEmpty(),
        "audience",
        "not set",
        "what is in the 'aud' of tokens, with jwks");
    bounds.between("max-token-life", maxTokenLife, MIN_LIFE, MAX_LIFE);
  }

  private static List<String> set(List<String> texts) {
    return texts.stream().filter(text -> !text.isBlank()).toList();
  }

  /** The secrets, the one that signs first. */
  public List<String> secrets() {
    return jwtKey.isEmpty()
        ? jwtKeys
        : Stream.concat(jwtKeys.stream(), Stream.of(jwtKey)).distinct().toList();
  }
}
