package io.tailwater.system.clients;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Wanted;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Single requests to a gateway, for tests that look at one answer. */
public final class Http {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private static final HttpClient CLIENT =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();

  private Http() {}

  /** An answer with its body as text. */
  public record Answer(int status, HttpHeaders headers, String body) {
    public String contentType() {
      return headers.firstValue("content-type").orElse("");
    }

    /**
     * @throws IllegalStateException if the body is no JSON
     */
    public JsonNode json() {
      return Json.tree(body);
    }
  }

  public static Answer send(HttpRequest.Builder request) {
    // A stream instead of an answer never ends: the limit is for the whole body.
    CompletableFuture<HttpResponse<String>> sent =
        CLIENT.sendAsync(request.build(), HttpResponse.BodyHandlers.ofString());
    try {
      HttpResponse<String> response = sent.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
      return new Answer(response.statusCode(), response.headers(), response.body());
    } catch (ExecutionException | TimeoutException e) {
      sent.cancel(true);
      throw new IllegalStateException("no answer, or one without an end", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /** The status that a service answers with whether it is ready: 200 or 503. */
  public static int readiness(URI service) {
    return send(HttpRequest.newBuilder(service.resolve("/health/readiness"))).status();
  }

  /** A publication of JSON. */
  public static HttpRequest.Builder publication(URI gateway, Channel channel, String data) {
    return HttpRequest.newBuilder(
            gateway.resolve("/v1/events?channel=" + Wanted.encoded(channel.toString())))
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(data));
  }

  /**
   * Publishes JSON and gives the id.
   *
   * @throws IllegalStateException if it was not accepted
   */
  public static String publish(URI gateway, Channel channel, String data) {
    Answer answer = send(publication(gateway, channel, data));
    if (answer.status() != 201) {
      throw new IllegalStateException(answer.toString());
    }
    return answer.json().path("id").asText();
  }

  /** Publishes so many events of this many bytes as one batch, and gives their ids. */
  public static List<Position> publishBatch(URI gateway, Channel channel, int events, int bytes) {
    String line =
        "{\"channel\":"
            + Json.write(channel.toString())
            + ",\"data\":\""
            + "x".repeat(bytes)
            + "\"}\n";
    Answer answer =
        send(
            HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(line.repeat(events))));
    return answer
        .body()
        .lines()
        .map(verdict -> new Answer(0, answer.headers(), verdict).json().path("id").asText())
        .map(Position::parse)
        .toList();
  }

  /** What {@code GET /v1/channel} says. */
  public static JsonNode channel(URI gateway, Channel channel) {
    return send(HttpRequest.newBuilder(
            gateway.resolve("/v1/channel?channel=" + Wanted.encoded(channel.toString()))))
        .json();
  }
}
