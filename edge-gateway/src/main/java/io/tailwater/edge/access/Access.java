package io.tailwater.edge.access;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import org.jspecify.annotations.Nullable;

/** Finds out who sent a request. */
public final class Access {
  private static final String COOKIE = "tw_token";
  private static final String BEARER = "Bearer ";

  private final Tokens tokens;
  private final Origins origins;
  private final Addresses addresses;

  public Access(Tokens tokens, Origins origins, Addresses addresses) {
    this.tokens = tokens;
    this.origins = origins;
    this.addresses = addresses;
  }

  /**
   * Who asks: by {@code Authorization}, which wins over {@code ticket} and {@code access_token}, or
   * by cookie.
   *
   * @throws RequestException {@code unauthorized}, {@code token_expired}, {@code origin_denied}
   */
  public Identity identify(HttpRequest<?> request) {
    return credentials(request).from(addresses.of(request));
  }

  private Identity credentials(HttpRequest<?> request) {
    String authorization = request.getHeaders().get(HttpHeaders.AUTHORIZATION);
    if (authorization != null) {
      if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        throw new RequestException(
            ErrorCode.UNAUTHORIZED,
            "Authorization is to be a Bearer token: Authorization: Bearer …");
      }
      return tokens.token(authorization.substring(BEARER.length()).trim());
    }
    String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
    String ticket = request.getParameters().get("ticket");
    if (ticket != null) {
      return tokens.ticket(ticket, origin);
    }
    String token = request.getParameters().get("access_token");
    if (token != null) {
      return tokens.token(token);
    }
    String cookie = cookie(request);
    if (cookie != null) {
      if (origin != null && !origins.listed(origin) && !origins.own(origin, request)) {
        throw new RequestException(
            ErrorCode.ORIGIN_DENIED,
            "this page's origin may not use the cookie: it is not in the list of origins");
      }
      return tokens.token(cookie);
    }
    return Identity.withoutToken();
  }

  /**
   * Who shows this token.
   *
   * @throws RequestException {@code unauthorized}, {@code token_expired}
   */
  public Identity identify(String token) {
    return tokens.token(token);
  }

  /**
   * Refuses pages of origins that are neither listed nor our own, where no browser does it for us:
   * a WebSocket knows no CORS.
   *
   * @throws RequestException {@code origin_denied}
   */
  public void requireOrigin(HttpRequest<?> request) {
    String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
    if (origin != null && origins.headers(origin).isEmpty() && !origins.own(origin, request)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED, "this page's origin is not in the list of origins");
    }
  }

  /**
   * Refuses pages of others, listed or not.
   *
   * @throws RequestException {@code origin_denied}
   */
  public void requireOwnPage(HttpRequest<?> request) {
    String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
    if (origin != null && !origins.own(origin, request)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED,
          "this is for pages of this server alone, and for no page at all");
    }
  }

  /** The token of the request's cookie. */
  public static @Nullable String cookie(HttpRequest<?> request) {
    return request.getCookies().findCookie(COOKIE).map(found -> found.getValue()).orElse(null);
  }
}
