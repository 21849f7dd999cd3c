package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Text;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Refuses requests whose URL or text is not UTF-8. The server would replace what it cannot decode,
 * and channels with different names would become one.
 */
@ServerFilter("/v1/**")
final class RequestText {
  private static final Set<String> TEXTS =
      Set.of(
          "application/json",
          "application/x-ndjson",
          "application/ndjson",
          "application/jsonl",
          "application/jsonlines",
          "application/x-www-form-urlencoded");

  @RequestFilter
  void check(HttpRequest<?> request) {
    requireEscapes(request.getUri().toString());
    requireUtf8(request.getHeaders().get(HttpHeaders.CONTENT_TYPE));
  }

  /** Requires that a URL is ASCII, and that its escapes are UTF-8. */
  static void requireEscapes(String url) {
    int[] places = new int[url.length()];
    byte[] bytes = new byte[url.length()];
    int length = 0;
    for (int i = 0; i < url.length(); i++) {
      char unit = url.charAt(i);
      if (unit >= 0x80) {
        throw new RequestException(
            ErrorCode.INVALID_CHANNEL,
            "a URL is ASCII, and this one is not at character "
                + i
                + ": write other characters as escapes of UTF-8, %C3%BC is a u umlaut");
      }
      places[length] = i;
      if (unit == '%' && i + 2 < url.length() && isHex(url, i + 1) && isHex(url, i + 2)) {
        bytes[length++] = (byte) Integer.parseInt(url, i + 1, i + 3, 16);
        i += 2;
      } else {
        bytes[length++] = (byte) unit;
      }
    }
    int at = Text.malformedAt(Arrays.copyOf(bytes, length));
    if (at != Text.WELL_FORMED) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "the escapes of the URL are to be UTF-8, and are not at character "
              + places[at]
              + ": %C3%BC is a u umlaut");
    }
  }

  private static boolean isHex(String url, int at) {
    return Character.digit(url.charAt(at), 16) >= 0;
  }

  /** Requires that a text names no other charset than UTF-8; bytes may. */
  static void requireUtf8(@Nullable String contentType) {
    if (contentType == null) {
      return;
    }
    String[] parts = contentType.split(";", -1);
    String type = parts[0].trim().toLowerCase(Locale.ROOT);
    if (!type.startsWith("text/") && !TEXTS.contains(type)) {
      return;
    }
    for (int i = 1; i < parts.length; i++) {
      String[] parameter = parts[i].split("=", 2);
      if (parameter.length == 2 && parameter[0].trim().equalsIgnoreCase("charset")) {
        String charset = parameter[1].trim().replace("\"", "");
        if (!charset.equalsIgnoreCase(StandardCharsets.UTF_8.name())
            && !charset.equalsIgnoreCase("utf8")) {
          throw new RequestException(
              ErrorCode.UNSUPPORTED_MEDIA_TYPE,
              "the charset '"
                  + Text.printable(charset)
                  + "' is not accepted: text is utf-8. Send other charsets as bytes, application/octet-stream");
        }
      }
    }
  }
}
