package io.tailwater.edge.access;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The web origins whose pages may use this gateway, and the CORS headers that tell browsers so. */
public final class Origins {
  private static final String ANY = "*";

  private final List<String> listed;

  /**
   * @param listed each {@code scheme://host[:port]}, or {@code *}: any, without credentials
   */
  public Origins(List<String> listed) {
    this.listed = listed.stream().filter(origin -> !origin.isBlank()).toList();
    for (String origin : this.listed) {
      if (!origin.equals(ANY) && !origin.matches("https?://[^/*]+")) {
        throw new IllegalArgumentException(
            "tailwater.edge.origins: '" + origin + "' is no origin: scheme://host[:port], or *");
      }
    }
  }

  boolean listed(String origin) {
    return listed.contains(origin);
  }

  /** Whether a page of this very server sent the request. */
  boolean own(String origin, HttpRequest<?> request) {
    String host = request.getHeaders().get(HttpHeaders.HOST);
    try {
      return host != null && host.equalsIgnoreCase(URI.create(origin).getAuthority());
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** The headers that let a page of this origin read an answer; none if it may not. */
  public Map<String, String> headers(@Nullable String origin) {
    if (origin == null) {
      return Map.of();
    }
    String exposed = "Location, Content-Location, Retry-After";
    if (listed(origin)) {
      return Map.of(
          HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin,
          HttpHeaders.ACCESS_CONTROL_ALLOW_CREDENTIALS, "true",
          HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    if (listed.contains(ANY)) {
      return Map.of(
          HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, ANY,
          HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
    }
    return Map.of();
  }

  /** What a preflight is answered with, besides {@link #headers}. */
  public static Map<String, String> preflight() {
    return Map.of(
        HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS,
        "GET, POST, DELETE",
        HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS,
        "Authorization, Content-Type, Last-Event-ID, Event-Type, Idempotency-Key",
        HttpHeaders.ACCESS_CONTROL_MAX_AGE,
        "7200");
  }
}
