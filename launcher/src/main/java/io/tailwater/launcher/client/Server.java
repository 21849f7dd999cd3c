package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A Tailwater server as the command line sees it: requests to it, and what its refusals mean. */
final class Server {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(30);
  private static final Duration RETRY_DELAY = Duration.ofMillis(500);

  private final URI base;
  private final @Nullable String token;
  private final Ticker ticker;
  private final HttpClient http =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(CONNECT_LIMIT)
          .build();

  /**
   * @param base ends in a slash
   */
  Server(URI base, @Nullable String token, Ticker ticker) {
    this.ticker = ticker;
    this.base = base;
    this.token = token;
  }

  /** The same server, asked by nobody in particular: for addresses that carry their own ticket. */
  Server anonymous() {
    return new Server(base, null, ticker);
  }

  /** The time of everything that is done with this server. */
  Ticker ticker() {
    return ticker;
  }

  HttpClient http() {
    return http;
  }

  /**
   * A request to a path of this server, or to an address that the server gave.
   *
   * @param path begins with a slash
   */
  HttpRequest.Builder request(String path) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
            path.startsWith("/") ? base.resolve(path.substring(1)) : base.resolve(path));
    if (token != null) {
      request.header("Authorization", "Bearer " + token);
    }
    return request;
  }

  /** Percent-encodes a query value. */
  static String encode(String value) {
    return URLEncoder.encode(value, StandardCharsets.UTF_8).replace("+", "%20");
  }

  /** A parameter of a query, with the sign before it; empty if there is none. */
  static String parameter(String name, @Nullable String value) {
    return value == null ? "" : "&" + name + "=" + encode(value);
  }

  /** Nothing answers at this address. */
  LaunchException unreachable() {
    return new LaunchException(
        "No server answers at "
            + base.toString().replaceAll("/$", "")
            + "; './tailwater up' starts one, --url names another.");
  }

  /**
   * Sends a request, again while the server can't say; so its repetition must be harmless.
   *
   * @return the body of the successful answer
   * @throws LaunchException if the server refuses, can't be reached, or can't say within {@code
   *     retryFor}
   */
  String send(HttpRequest.Builder request, int success, Duration retryFor)
      throws InterruptedException {
    long deadline = ticker.nanos() + retryFor.toNanos();
    boolean reachedOnce = false;
    while (true) {
      try {
        HttpResponse<String> response =
            http.send(request.timeout(ANSWER_LIMIT).build(), BodyHandlers.ofString());
        reachedOnce = true;
        if (response.statusCode() == success) {
          return response.body();
        }
        if (!isPassing(response.statusCode()) || ticker.nanos() > deadline) {
          throw refusal(response.statusCode(), response.body());
        }
      } catch (ConnectException e) {
        if (!reachedOnce || ticker.nanos() > deadline) {
          throw unreachable();
        }
      } catch (IOException e) {
        reachedOnce = true;
        if (ticker.nanos() > deadline) {
          throw new LaunchException(
              ExitStatus.UNAVAILABLE, "The connection was lost before the server had answered.");
        }
      }
      ticker.sleep(RETRY_DELAY.toNanos());
    }
  }

  /** Whether a request with this status may succeed when it is simply sent again. */
  static boolean isPassing(int status) {
    return status == 429 || status == 502 || status == 503 || status == 504;
  }

  /** What an answer that is no success says, for a person. */
  static LaunchException refusal(int status, String body) {
    JsonNode problem = Json.read(body);
    String code = problem.path("code").asText("");
    String message = problem.path("message").asText("");
    String sentence =
        code.isEmpty()
            ? "The server answered " + status + "."
            : "The server refused it (" + code + "): " + message;
    return new LaunchException(
        isPassing(status) ? ExitStatus.UNAVAILABLE : ExitStatus.REFUSED, sentence);
  }
}
