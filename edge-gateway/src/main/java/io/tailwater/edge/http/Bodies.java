package io.tailwater.edge.http;

import io.micronaut.http.HttpHeaders;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.http.ServerHttpRequest;
import io.micronaut.http.body.AvailableByteBody;
import io.micronaut.http.body.ByteBody;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.BodyMemory;
import jakarta.inject.Singleton;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;

/**
 * Reads bodies of requests. An endpoint calls it after it has judged everything else about a
 * request: a client that waits for {@code 100 Continue} is invited by this, and nobody else's body
 * is read. Any thread.
 */
@Singleton
public final class Bodies {
  private static final String IDENTITY = "identity";
  private static final List<String> GZIP = List.of("gzip", "x-gzip");

  /** What gzip may add to a body that it cannot compress. */
  private static final int GZIP_OVERHEAD_BYTES = 4_096;

  private final BodyMemory memory;

  Bodies(BodyMemory memory) {
    this.memory = memory;
  }

  /**
   * Reads a body and decodes it.
   *
   * @param identity whose memory it counts as, until it has been read
   * @param maxBytes of the decoded body
   * @return fails with a {@link RequestException}: {@code too_large}, {@code rate_limited} if too
   *     many bodies are being read, {@code invalid_request}
   * @throws RequestException the same, before anything is read
   * @throws UnsupportedCoding before anything is read
   */
  public CompletableFuture<byte[]> read(HttpRequest<?> request, Identity identity, int maxBytes) {
    boolean gzip = isGzip(request);
    int maxCoded = gzip ? maxBytes + GZIP_OVERHEAD_BYTES : maxBytes;
    ByteBody body = body(request);
    OptionalLong length = body.expectedLength();
    if (length.isPresent() && length.getAsLong() > maxCoded) {
      throw tooLarge(maxBytes);
    }
    CompletableFuture<byte[]> coded;
    if (body instanceof AvailableByteBody available) {
      coded = CompletableFuture.completedFuture(available.toByteArray());
    } else {
      Reading reading =
          new Reading(memory.open(identity.address(), length.orElse(0)), maxCoded, maxBytes);
      body.toByteArrayPublisher().subscribe(reading);
      coded = reading.whole;
    }
    return gzip ? coded.thenApply(bytes -> Gzip.decode(bytes, maxBytes)) : coded;
  }

  private static boolean isGzip(HttpRequest<?> request) {
    List<String> lines = request.getHeaders().getAll(HttpHeaders.CONTENT_ENCODING);
    if (lines.isEmpty()) {
      return false;
    }
    List<String> codings =
        lines.stream()
            .flatMap(line -> Arrays.stream(line.split(",")))
            .map(coding -> coding.trim().toLowerCase(Locale.ROOT))
            .filter(coding -> !coding.isEmpty() && !coding.equals(IDENTITY))
            .toList();
    if (codings.isEmpty()) {
      return false;
    }
    if (codings.size() > 1 || !GZIP.contains(codings.getFirst())) {
      throw new UnsupportedCoding(String.join(", ", codings));
    }
    return true;
  }

  private static ByteBody body(HttpRequest<?> request) {
    HttpRequest<?> inner = request;
    while (inner instanceof HttpRequestWrapper<?> wrapper) {
      inner = wrapper.getDelegate();
    }
    if (inner instanceof ServerHttpRequest<?> server) {
      return server.byteBody();
    }
    throw new IllegalStateException("not a request of the HTTP server: " + inner.getClass());
  }

  private static RequestException tooLarge(int maxBytes) {
    return new RequestException(
        ErrorCode.TOO_LARGE, "the body of this request is at most " + maxBytes + " bytes");
  }

  /** Confined to the connection's event loop: a body that is arriving. */
  private static final class Reading implements Subscriber<byte[]> {
    final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final BodyMemory.Held held;
    private final int maxCoded;
    private final int maxBytes;
    private @Nullable Subscription subscription;

    Reading(BodyMemory.Held held, int maxCoded, int maxBytes) {
      this.held = held;
      this.maxCoded = maxCoded;
      this.maxBytes = maxBytes;
    }

    @Override
    public void onSubscribe(Subscription begun) {
      subscription = begun;
      begun.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(byte[] piece) {
      if (whole.isDone()) {
        return;
      }
      try {
        held.add(piece.length);
        if (bytes.size() + piece.length > maxCoded) {
          throw tooLarge(maxBytes);
        }
        bytes.write(piece, 0, piece.length);
      } catch (RequestException e) {
        Objects.requireNonNull(subscription).cancel();
        end();
        whole.completeExceptionally(e);
      }
    }

    @Override
    public void onError(Throwable failure) {
      end();
      whole.completeExceptionally(
          new RequestException(
              ErrorCode.INVALID_REQUEST, "the connection ended in the middle of the body"));
    }

    @Override
    public void onComplete() {
      byte[] all = bytes.toByteArray();
      end();
      whole.complete(all);
    }

    private void end() {
      held.close();
      bytes.reset();
    }
  }
}
