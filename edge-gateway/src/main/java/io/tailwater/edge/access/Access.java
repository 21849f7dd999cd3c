package io.tailwater.edge.access;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.request.Once;
import io.tailwater.edge.request.Query;
import org.jspecify.annotations.Nullable;

/** Finds out who sent a request. */
public final class Access {
  private static final String COOKIE = "tw_token";
  private static final String BEARER = "Bearer ";

  private final Tokens tokens;
  private final Origins origins;
  private final Addresses addresses;
  private final Site site;

  public Access(Tokens tokens, Origins origins, Addresses addresses) {
    this.tokens = tokens;
    this.origins = origins;
    this.addresses = addresses;
    this.site = new Site(addresses);
  }

  /**
   * The caller: by {@code Authorization}, which wins over {@code ticket} and {@code access_token},
   * or by cookie.
   *
   * @throws RequestException {@code unauthorized}, {@code token_expired}, {@code origin_denied}
   */
  public Identity identify(HttpRequest<?> request) {
    return credentials(request).from(addresses.of(request));
  }

  /** The sender of a request without its credentials: only where it came from. */
  public Identity withoutToken(HttpRequest<?> request) {
    return Identity.withoutToken().from(addresses.of(request));
  }

  private Identity credentials(HttpRequest<?> request) {
    String authorization = Once.header(request, HttpHeaders.AUTHORIZATION);
    if (authorization != null) {
      if (!authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
        throw new RequestException(
            ErrorCode.UNAUTHORIZED,
            "Authorization must be a Bearer token: Authorization: Bearer …");
      }
      String token =
          notBlank("the token in Authorization", authorization.substring(BEARER.length()).trim());
      // SDKs insist on a key, also where none is needed.
      return token.equals(Identity.ANONYMOUS) ? Identity.withoutToken() : tokens.token(token);
    }
    String origin = Once.header(request, HttpHeaders.ORIGIN);
    Query query = Query.of(request);
    String ticket = query.one(Query.TICKET);
    if (ticket != null) {
      return tokens.ticket(notBlank("'ticket'", ticket), origin);
    }
    String token = query.one(Query.ACCESS_TOKEN);
    if (token != null) {
      return tokens.token(notBlank("'access_token'", token));
    }
    String cookie = cookie(request);
    if (cookie != null) {
      Origin page = origin == null ? null : Origin.parse(origin);
      if (origin != null && !origins.listed(page) && !site.isOwn(page, request)) {
        throw new RequestException(
            ErrorCode.ORIGIN_DENIED,
            "this page's origin may not use the cookie: it is not in the list of origins");
      }
      return tokens.token(cookie);
    }
    return Identity.withoutToken();
  }

  private static String notBlank(String name, String credential) {
    if (credential.isBlank()) {
      throw new RequestException(
          ErrorCode.UNAUTHORIZED, name + " is empty: leave it out to be anonymous");
    }
    return credential;
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
    if (origin != null && !origins.mayRead(origin) && !site.isOwn(Origin.parse(origin), request)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED, "this page's origin is not in the list of origins");
    }
  }

  /**
   * Refuses pages of others, listed or not, also those whose name server turned their name into
   * this gateway's address (DNS rebinding): such a page looks like our own. Our own are trusted if
   * they were opened by an address or as {@code localhost}, or if their origin is listed too.
   *
   * @throws RequestException {@code origin_denied}
   */
  public void requireOwnPage(HttpRequest<?> request) {
    String origin = request.getHeaders().get(HttpHeaders.ORIGIN);
    if (origin == null) {
      return;
    }
    Origin page = Origin.parse(origin);
    if (page == null || !site.isOwn(page, request)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED,
          "this is for pages of this server alone, and for no page at all");
    }
    if (!page.literal() && !origins.listed(page)) {
      throw new RequestException(
          ErrorCode.ORIGIN_DENIED,
          "anyone can give this server a name of theirs: open the page by its address or as localhost, or list its origin in tailwater.edge.origins");
    }
  }

  /** The token of the request's cookie; null without one, also if signing out has emptied it. */
  public static @Nullable String cookie(HttpRequest<?> request) {
    String cookie = Once.cookie(request, COOKIE);
    return cookie == null || cookie.isBlank() ? null : cookie;
  }
}
