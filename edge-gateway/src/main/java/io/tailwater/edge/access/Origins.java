package io.tailwater.edge.access;

import io.micronaut.http.HttpHeaders;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The web origins whose pages may use this gateway, and the CORS headers that tell browsers so.
 * Immutable.
 */
public final class Origins {
  private static final String ANY = "*";
  private static final String EXPOSED =
      "Location, Content-Location, Retry-After, ETag, X-Request-Id, X-Should-Retry, X-Tailwater-Stream, X-Vercel-AI-UI-Message-Stream";
  private static final String METHODS = "GET, HEAD, POST, DELETE";
  private static final String MAX_AGE_S = "7200";

  /** What a page of any origin may send; a listed one may send what it asks for. */
  private static final List<String> HEADERS =
      List.of(
          "Authorization",
          "Content-Type",
          "Last-Event-ID",
          "Event-Type",
          "Idempotency-Key",
          "If-Match",
          "If-None-Match",
          "traceparent",
          "tracestate",
          "baggage",
          "sentry-trace",
          "Cache-Control",
          "X-Requested-With");

  /** AI clients send many headers with this prefix, and add more over time. */
  private static final String AI_CLIENTS = "x-stainless-";

  private final Set<Origin> listed = new HashSet<>();
  private final boolean any;

  /** The origin to name where a request's own could not be read; null if there are several. */
  private final @Nullable String only;

  /**
   * @param origins each {@code scheme://host[:port]}, or {@code *}: any, without credentials
   * @throws IllegalArgumentException if one is neither
   */
  public Origins(List<String> origins) {
    List<String> texts =
        origins.stream().map(String::trim).filter(text -> !text.isEmpty()).toList();
    any = texts.contains(ANY);
    for (String text : texts) {
      Origin origin = Origin.parse(text);
      if (origin != null) {
        listed.add(origin);
      } else if (!text.equals(ANY)) {
        throw new IllegalArgumentException(
            "tailwater.edge.origins: '"
                + text
                + "' is not an origin; accepted: scheme://host[:port] without a path, or *");
      }
    }
    only = any ? ANY : listed.size() == 1 ? listed.iterator().next().text() : null;
  }

  /** Whether a page's origin is listed by name. */
  boolean listed(@Nullable Origin page) {
    return page != null && listed.contains(page);
  }

  /** Whether pages of this origin may read answers. */
  boolean mayRead(String origin) {
    return any || listed(Origin.parse(origin));
  }

  /**
   * The headers that let a page of this origin read an answer; none if it may not.
   *
   * @param origin the header {@code Origin} of the request, as it came
   */
  public Map<String, String> headers(@Nullable String origin) {
    if (origin == null || !mayRead(origin)) {
      return Map.of();
    }
    return listed(Origin.parse(origin))
        ? Map.of(
            HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin,
            HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true",
            HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED)
        : Map.of(
            HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, ANY,
            HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
  }

  /**
   * As {@link #headers}, for a request that was too large to find its origin in. Naming an origin
   * that did not ask gives nothing to anyone else.
   */
  public Map<String, String> headersForUnknown() {
    return headers(only);
  }

  /**
   * What a preflight is answered with; nothing if the page may not send the request.
   *
   * @param origin the header {@code Origin}, as it came
   * @param requested the header {@code Access-Control-Request-Headers}, empty if it has none
   */
  public Map<String, String> preflight(@Nullable String origin, String requested) {
    Map<String, String> headers = new LinkedHashMap<>(headers(origin));
    if (!headers.isEmpty()) {
      boolean byName = origin != null && listed(Origin.parse(origin));
      headers.put(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS);
      headers.put(
          HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
          byName && !requested.isBlank() ? requested : sendable(requested));
      headers.put(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    }
    return headers;
  }

  private static String sendable(String requested) {
    return Stream.concat(
            HEADERS.stream(),
            Arrays.stream(requested.split(","))
                .map(String::trim)
                .filter(name -> name.toLowerCase(Locale.ROOT).startsWith(AI_CLIENTS)))
        .collect(Collectors.joining(", "));
  }
}
