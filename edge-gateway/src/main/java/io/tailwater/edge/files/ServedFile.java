package io.tailwater.edge.files;

import io.micronaut.core.io.ResourceLoader;
import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpResponse;
import io.micronaut.http.HttpStatus;
import io.micronaut.http.MutableHttpResponse;
import io.tailwater.contract.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A file of the build with its media type. Its tag changes with its content. Immutable. */
public final class ServedFile {
  private final byte[] content;
  private final String type;
  private final String tag;

  private ServedFile(byte[] content, String type) {
    this.content = content;
    this.type = type;
    this.tag = '"' + HexFormat.of().formatHex(Sha256.begin().digest(content), 0, 16) + '"';
  }

  /** Reads a resource such as {@code classpath:client-js/client.js}; null if there is none. */
  public static @Nullable ServedFile read(ResourceLoader resources, String resource, String type)
      throws IOException {
    Optional<InputStream> found = resources.getResourceAsStream(resource);
    if (found.isEmpty()) {
      return null;
    }
    try (InputStream stream = found.get()) {
      return new ServedFile(stream.readAllBytes(), type);
    }
  }

  /** Answers with the file, or with 304 if the client has it. */
  public MutableHttpResponse<?> answer(HttpRequest<?> request) {
    boolean known = names(request.getHeaders().get(HttpHeaders.IF_NONE_MATCH), tag);
    MutableHttpResponse<?> answer =
        known
            ? HttpResponse.status(HttpStatus.NOT_MODIFIED)
            : HttpResponse.ok(content).header(HttpHeaders.CONTENT_TYPE, type);
    return answer.header(HttpHeaders.ETAG, tag);
  }

  private static boolean names(@Nullable String header, String tag) {
    return header != null
        && Arrays.stream(header.split(","))
            .map(one -> one.trim().replaceFirst("^W/", ""))
            .anyMatch(one -> one.equals(tag) || one.equals("*"));
  }
}
