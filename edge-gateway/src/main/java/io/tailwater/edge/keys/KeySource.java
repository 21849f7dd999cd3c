package io.tailwater.edge.keys;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Where an issuer publishes its keys. Immutable. */
sealed interface KeySource {
  /** Larger key sets are refused, bytes. */
  int MAX_BYTES = 256 << 10;

  /** How long a source may take. */
  Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * Reads the text of a key set. May wait, so never on an event loop.
   *
   * @param client for what is read by HTTP
   * @throws IOException which says what is wrong
   */
  String read(HttpClient client) throws IOException, InterruptedException;

  /** What a configured text names; null if it is neither a URL nor an absolute path. */
  static @Nullable KeySource of(String text) {
    try {
      URI uri = URI.create(text);
      String scheme = uri.getScheme() == null ? "" : uri.getScheme();
      return switch (scheme) {
        case "https", "http" -> uri.getHost() == null ? null : new Url(uri);
        case "file" -> new File(Path.of(uri));
        case "" -> text.startsWith("/") ? new File(Path.of(text)) : null;
        default -> null;
      };
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** A URL, which is read whole within {@link #PATIENCE}. */
  record Url(URI uri) implements KeySource {
    @Override
    public String read(HttpClient client) throws IOException, InterruptedException {
      HttpRequest request =
          HttpRequest.newBuilder(uri)
              .timeout(PATIENCE)
              .header("Accept", "application/jwk-set+json, application/json")
              .build();
      CompletableFuture<HttpResponse<byte[]>> asked =
          client.sendAsync(
              request,
              HttpResponse.BodyHandlers.limiting(
                  HttpResponse.BodyHandlers.ofByteArray(), MAX_BYTES));
      try {
        HttpResponse<byte[]> answer = asked.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        if (answer.statusCode() != 200) {
          throw new IOException("the status is " + answer.statusCode());
        }
        return new String(answer.body(), StandardCharsets.UTF_8);
      } catch (TimeoutException e) {
        throw new IOException("no answer within " + PATIENCE.toSeconds() + " s", e);
      } catch (ExecutionException e) {
        throw new IOException(String.valueOf(e.getCause()), e);
      } finally {
        asked.cancel(true);
      }
    }

    @Override
    public String toString() {
      return uri.toString();
    }
  }

  /** A file. */
  record File(Path path) implements KeySource {
    @Override
    public String read(HttpClient client) throws IOException {
      try (InputStream in = Files.newInputStream(path)) {
        byte[] bytes = in.readNBytes(MAX_BYTES + 1);
        if (bytes.length > MAX_BYTES) {
          throw new IOException("it is larger than " + MAX_BYTES + " bytes");
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    }

    @Override
    public String toString() {
      return path.toString();
    }
  }
}
