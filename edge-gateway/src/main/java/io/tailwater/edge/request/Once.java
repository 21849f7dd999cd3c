package io.tailwater.edge.request;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.netty.handler.codec.http.cookie.Cookie;
import io.netty.handler.codec.http.cookie.ServerCookieDecoder;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Headers and cookies that a request may carry once: with two of them, either could be meant. */
public final class Once {
  private Once() {}

  /**
   * A header; null if the request has none.
   *
   * @throws RequestException {@code invalid_request} if it has several
   */
  public static @Nullable String header(HttpRequest<?> request, String name) {
    List<String> values = request.getHeaders().getAll(name);
    if (values.size() > 1) {
      throw invalid("the header '" + name + "' may occur once, not " + values.size() + " times");
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  /** As {@link #header}, empty if the request has none. */
  public static String text(HttpRequest<?> request, String name) {
    String value = header(request, name);
    return value == null ? "" : value;
  }

  /** A header that nothing depends on: of several, none can be trusted, and none is refused. */
  public static String unlessRepeated(HttpRequest<?> request, String name) {
    List<String> values = request.getHeaders().getAll(name);
    return values.size() == 1 ? values.getFirst() : "";
  }

  /**
   * A cookie, on whichever line; null if the request has none.
   *
   * @throws RequestException {@code invalid_request} if it has several with different values
   */
  public static @Nullable String cookie(HttpRequest<?> request, String name) {
    List<String> lines = request.getHeaders().getAll(HttpHeaders.COOKIE);
    if (lines.isEmpty()) {
      return null;
    }
    List<String> values =
        lines.stream()
            .flatMap(line -> ServerCookieDecoder.LAX.decodeAll(line).stream())
            .filter(cookie -> cookie.name().equals(name))
            .map(Cookie::value)
            .distinct()
            .toList();
    if (values.size() > 1) {
      throw invalid(
          "the cookie '" + name + "' occurs " + values.size() + " times with different values");
    }
    return values.isEmpty() ? null : values.getFirst();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
