package io.tailwater.launcher.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * What a service's {@code /prometheus} says at one moment. Immutable.
 *
 * @param text in Prometheus' text format
 */
record Metrics(String text) {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

  /** Reads those of a service; empty if it does not answer. */
  static Optional<Metrics> read(HttpClient http, int port) throws InterruptedException {
    try {
      HttpResponse<String> answer =
          http.send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/prometheus"))
                  .timeout(ANSWER_LIMIT)
                  .build(),
              BodyHandlers.ofString());
      return answer.statusCode() == 200
          ? Optional.of(new Metrics(answer.body()))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * The sum over all series of a metric.
   *
   * @param labels a text that the labels must contain; empty: any labels
   */
  double sum(String name, String labels) {
    return Pattern.compile("^" + name + "(?:\\{([^}]*)})? ([0-9.E+-]+)$", Pattern.MULTILINE)
        .matcher(text)
        .results()
        .filter(
            (MatchResult series) ->
                labels.isEmpty() || (series.group(1) != null && series.group(1).contains(labels)))
        .mapToDouble(series -> Double.parseDouble(series.group(2)))
        .sum();
  }
}
