package io.tailwater.ai.upstream;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Model;
import io.tailwater.service.Ticker;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Makes models of servers that speak OpenAI's protocol. All of them share one HTTP client. It
 * speaks HTTP/1.1 only: there, closing a connection is how every server notices that an answer is
 * no longer wanted. Any thread.
 */
public final class Upstreams implements AutoCloseable {
  /** Prefix of the names of the threads that read answers. */
  static final String THREAD = "ai-upstream-";

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);

  private final HttpClient http;
  private final Surroundings surroundings;

  /**
   * @param random spreads the pauses between attempts
   */
  public Upstreams(
      ObjectMapper json, Ticker ticker, RandomGenerator random, MeterRegistry registry) {
    http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(CONNECT_TIMEOUT)
            .proxy(ProxySelector.getDefault())
            .build();
    surroundings =
        new Surroundings(
            http,
            json,
            ticker,
            random,
            Thread.ofVirtual().name(THREAD, 0).factory(),
            new UpstreamMetrics(registry));
  }

  /**
   * A model of a server.
   *
   * @param name what our clients call it
   * @param upstreamName what its server calls it
   */
  public Model model(String name, Upstream upstream, String upstreamName) {
    return new UpstreamModel(name, upstream, upstreamName, surroundings);
  }

  /** The models that a server offers, each by its own name. */
  public OfferedModels offered(Upstream upstream) {
    return new OfferedModels(upstream, surroundings);
  }

  /** Ends all requests in flight. */
  @Override
  public void close() {
    http.shutdownNow();
  }
}
