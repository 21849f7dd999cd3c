package io.tailwater.edge.http;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Map;

/**
 * The contract's bounds of a request's head. The HTTP codec has wider ones ({@code
 * application.yml}) and knows nothing of a request beyond them, not even the page's origin; what is
 * refused here has all its headers, so that the page can read why.
 */
final class HeadBounds {
  private static final int MAX_URL_CHARS = 8 << 10;
  private static final int MAX_HEADER_CHARS = 16 << 10;

  /** The colon, a space and the end of the line. */
  private static final int AROUND_HEADER = 4;

  private HeadBounds() {}

  /** Marks a request beyond the bounds as one that could not be decoded. */
  static void judge(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      return;
    }
    if (request.uri().length() > MAX_URL_CHARS) {
      request.setDecoderResult(
          DecoderResult.failure(
              new TooLongHttpLineException("a URL is at most " + MAX_URL_CHARS + " bytes")));
    } else if (headerChars(request) > MAX_HEADER_CHARS) {
      request.setDecoderResult(
          DecoderResult.failure(
              new TooLongHttpHeaderException(
                  "headers are at most " + MAX_HEADER_CHARS + " bytes")));
    }
  }

  private static long headerChars(HttpRequest request) {
    long chars = 0;
    for (Map.Entry<String, String> header : request.headers()) {
      chars += header.getKey().length() + header.getValue().length() + AROUND_HEADER;
    }
    return chars;
  }
}
