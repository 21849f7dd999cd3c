package io.tailwater.edge.publish;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.request.Once;

/** Reads what an entry must be from the headers of HTTP. Stateless. */
final class Preconditions {
  private static final String ANY = "*";
  private static final String WEAK = "W/";

  private Preconditions() {}

  /**
   * The expectation, as publications carry it; empty if there is none.
   *
   * @throws RequestException {@code invalid_request}
   */
  static String of(HttpRequest<?> request) {
    String match = Once.text(request, HttpHeaders.IF_MATCH).trim();
    String noneMatch = Once.text(request, HttpHeaders.IF_NONE_MATCH).trim();
    if (!match.isEmpty() && !noneMatch.isEmpty()) {
      throw invalid("a publication has If-Match or If-None-Match, not both");
    }
    if (noneMatch.equals(ANY)) {
      return EntryText.ABSENT;
    }
    if (!noneMatch.isEmpty()) {
      throw invalid("If-None-Match of a publication is '*': the entry does not exist yet");
    }
    return match.equals(ANY) ? EntryText.EXISTS : version(match);
  }

  private static String version(String match) {
    String tag = match.startsWith(WEAK) ? match.substring(WEAK.length()) : match;
    boolean quoted = tag.length() > 1 && tag.startsWith("\"") && tag.endsWith("\"");
    String version = quoted ? tag.substring(1, tag.length() - 1) : tag;
    if (version.contains(",") || version.contains("\"") || version.equals(EntryText.ABSENT)) {
      throw invalid("If-Match of a publication is one version, for instance \"k3Zq-1042\", or *");
    }
    return version;
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
