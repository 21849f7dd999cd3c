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
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * A file of the build with its media type, read when it is first asked for. Its tag changes with
 * its content. Any thread.
 */
public final class ServedFile {
  private final ResourceLoader resources;
  private final String resource;
  private final String type;
  private volatile @Nullable Content content;

  /** Immutable: the bytes, and the tag that they have. */
  private record Content(byte[] bytes, String tag) {
    static Content of(byte[] bytes) {
      return new Content(
          bytes, '"' + HexFormat.of().formatHex(Sha256.begin().digest(bytes), 0, 16) + '"');
    }
  }

  private ServedFile(ResourceLoader resources, String resource, String type) {
    this.resources = resources;
    this.resource = resource;
    this.type = type;
  }

  /** Finds a resource such as {@code classpath:client-js/client.js}; null if there is none. */
  public static @Nullable ServedFile find(ResourceLoader resources, String resource, String type) {
    return resources.getResource(resource).isEmpty()
        ? null
        : new ServedFile(resources, resource, type);
  }

  private Content content() {
    Content known = content;
    if (known == null) {
      // Two that ask at once read it twice, and nobody waits for another.
      known = Content.of(read());
      content = known;
    }
    return known;
  }

  private byte[] read() {
    try (InputStream stream = resources.getResourceAsStream(resource).orElseThrow()) {
      return stream.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Answers with the file, or with 304 if the client has it. */
  public MutableHttpResponse<?> answer(HttpRequest<?> request) {
    Content content = content();
    boolean known = names(request.getHeaders().get(HttpHeaders.IF_NONE_MATCH), content.tag());
    MutableHttpResponse<?> answer =
        known
            ? HttpResponse.status(HttpStatus.NOT_MODIFIED)
            : HttpResponse.ok(content.bytes()).header(HttpHeaders.CONTENT_TYPE, type);
    return answer.header(HttpHeaders.ETAG, content.tag());
  }

  private static boolean names(@Nullable String header, String tag) {
    return header != null
        && Arrays.stream(header.split(","))
            .map(one -> one.trim().replaceFirst("^W/", ""))
            .anyMatch(one -> one.equals(tag) || one.equals("*"));
  }
}
