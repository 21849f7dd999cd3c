package io.tailwater.edge.access;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import org.jspecify.annotations.Nullable;

/**
 * The origin under which a request's client reaches this gateway: the scheme and the {@code Host}
 * of the request or, behind trusted proxies, what {@code X-Forwarded-Proto}, {@code -Host} and
 * {@code -Port} say. Immutable.
 */
final class Site {
  private final Addresses addresses;

  /**
   * @param addresses knows the trusted proxies
   */
  Site(Addresses addresses) {
    this.addresses = addresses;
  }

  /** Whether a page of this origin came from where the request went. */
  boolean isOwn(@Nullable Origin page, HttpRequest<?> request) {
    return page != null && page.equals(of(request));
  }

  /** The origin of a request's target; null if its {@code Host} is missing or not readable. */
  private @Nullable Origin of(HttpRequest<?> request) {
    boolean proxied = addresses.trustsSender(request);
    String scheme = proxied ? forwarded(request, "X-Forwarded-Proto") : null;
    String host = proxied ? forwarded(request, "X-Forwarded-Host") : null;
    String port = proxied ? forwarded(request, "X-Forwarded-Port") : null;
    if (scheme == null) {
      scheme = request.isSecure() ? "https" : "http";
    }
    if (host == null) {
      host = request.getHeaders().get(HttpHeaders.HOST);
    }
    Origin asked = host == null ? null : Origin.parse(scheme + "://" + host);
    return asked == null || port == null ? asked : Origin.parse(withPort(asked, port));
  }

  private static String withPort(Origin asked, String port) {
    return asked.scheme() + "://" + asked.host() + ":" + port;
  }

  /** The client's own connection comes first, before those between proxies. */
  private static @Nullable String forwarded(HttpRequest<?> request, String name) {
    String value = request.getHeaders().get(name);
    if (value == null) {
      return null;
    }
    String first = value.split(",", 2)[0].trim();
    return first.isEmpty() ? null : first;
  }
}
