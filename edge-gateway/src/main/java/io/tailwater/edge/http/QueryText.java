package io.tailwater.edge.http;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.annotation.RequestFilter;
import io.micronaut.http.annotation.ServerFilter;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Refuses queries whose escapes are no UTF-8: the server would replace them, and channels with
 * different names would become one.
 */
@ServerFilter("/v1/**")
final class QueryText {
  @RequestFilter
  void check(HttpRequest<?> request) {
    String query = request.getUri().getRawQuery();
    if (query != null && query.indexOf('%') >= 0 && !isUtf8(query)) {
      throw new RequestException(
          ErrorCode.INVALID_CHANNEL,
          "the escapes of the URL are to be UTF-8: %C3%BC is a u umlaut");
    }
  }

  private static boolean isUtf8(String query) {
    ByteBuffer bytes = ByteBuffer.allocate(3 * query.length());
    try {
      for (int i = 0; i < query.length(); i++) {
        if (query.charAt(i) == '%' && i + 2 < query.length()) {
          bytes.put((byte) Integer.parseInt(query, i + 1, i + 3, 16));
          i += 2;
        } else {
          bytes.put(query.substring(i, i + 1).getBytes(StandardCharsets.UTF_8));
        }
      }
      StandardCharsets.UTF_8.newDecoder().decode(bytes.flip());
      return true;
    } catch (CharacterCodingException | NumberFormatException e) {
      return false;
    }
  }
}
