package io.tailwater.ai.upstream;

import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;

/**
 * A server that speaks OpenAI's protocol. Immutable.
 *
 * @param base where its paths begin, for instance {@code https://api.openai.com/v1/}
 * @param key what it knows us by; empty for none. It never leaves this service but to this server
 * @param silence how long it may send nothing while we wait for it
 */
public record Upstream(URI base, String key, Duration silence) {
  /** Makes the base a directory, so that paths are below it. */
  public Upstream {
    if (!base.getPath().endsWith("/")) {
      base = URI.create(base + "/");
    }
  }

  HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path)).header("User-Agent", "tailwater");
    return key.isEmpty() ? request : request.header("Authorization", "Bearer " + key);
  }

  /** Removes the key from a text of the server. */
  String withoutKey(String text) {
    return key.isEmpty() ? text : text.replace(key, "…");
  }

  @Override
  public String toString() {
    return base.toString();
  }
}
