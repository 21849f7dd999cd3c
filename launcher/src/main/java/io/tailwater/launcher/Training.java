package io.tailwater.launcher;

import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.platform.Ports;
import io.tailwater.launcher.terminal.ExitStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Runs the platform for some seconds as its users do, so that a JVM with {@code -XX:AOTCacheOutput}
 * keeps the classes and the profiles of that: events are published one by one, in batches and over
 * WebSocket, and read over SSE and WebSocket. {@code ./tailwater} starts it after a build, for
 * later starts of {@code up}, and the images' build starts it for those of its services; without it
 * they are slower, and nothing else.
 */
final class Training {
  private static final String HTTP = "http://";
  private static final int CHANNELS = 10;
  private static final int READERS_OF_EACH = 8;
  private static final int ROUNDS = 100;
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  private final HttpClient http = HttpClient.newHttpClient();
  private final String address;

  private Training(String address) {
    this.address = address;
  }

  /**
   * Runs it, and ends the JVM, with 0 if all went well.
   *
   * @param args a directory that a platform in this JVM may write to, or the {@code http://}
   *     address of one that runs elsewhere
   */
  public static void main(String[] args) {
    try {
      new Training(args[0].startsWith(HTTP) ? args[0].substring(HTTP.length()) : started(args[0]))
          .run();
      System.exit(ExitStatus.DONE);
    } catch (IOException | UncheckedIOException | CompletionException e) {
      System.err.println("training failed: " + e);
      System.exit(ExitStatus.FAILED);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Starts a platform here; returns its address once it is ready. */
  private static String started(String data) throws IOException, InterruptedException {
    int port = FreePort.chooseRow(Ports.SPAN);
    Thread.ofPlatform()
        .daemon()
        .name("training-platform")
        .start(() -> Tailwater.run("up", "--port", String.valueOf(port), "--data", data));
    awaitReady(Path.of(data));
    return "127.0.0.1:" + port;
  }

  /** Waits for the file by which commands find a platform. */
  private static void awaitReady(Path data) throws InterruptedException, IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!Files.exists(data.resolve("platform"))) {
      if (System.nanoTime() > deadline) {
        throw new IOException("the platform did not start within " + PATIENCE);
      }
      Thread.sleep(50);
    }
  }

  private void run() throws IOException, InterruptedException {
    WebSocket socket =
        http.newWebSocketBuilder()
            .subprotocols("tailwater.v1.json")
            .buildAsync(URI.create("ws://" + address + "/v1/ws"), new WebSocket.Listener() {})
            .join();
    for (int channel = 0; channel < CHANNELS; channel++) {
      send(socket, "{\"id\":1,\"subscribe\":{\"channel\":\"%s\"}}".formatted(name(channel)));
      for (int reader = 0; reader < READERS_OF_EACH; reader++) {
        http.sendAsync(get("/v1/events?channel=" + name(channel)), BodyHandlers.discarding());
      }
    }
    for (int round = 0; round < ROUNDS; round++) {
      for (int channel = 0; channel < CHANNELS; channel++) {
        post("/v1/events?channel=" + name(channel), "application/json", event(round));
      }
      send(
          socket,
          "{\"id\":2,\"publish\":{\"channel\":\"%s\",\"data\":%s}}"
              .formatted(name(round % CHANNELS), event(round)));
    }
    for (int round = 0; round < ROUNDS / 10; round++) {
      post("/v1/events", "application/x-ndjson", batch(round));
    }
    Tailwater.run("ai", "What is a log?", "--url", "http://" + address);
    socket.abort();
    http.shutdownNow();
  }

  private static void send(WebSocket socket, String frame) {
    socket.sendText(frame, true).join();
  }

  private void post(String path, String type, String body)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://" + address + path))
            .timeout(PATIENCE)
            .header("Content-Type", type)
            .POST(BodyPublishers.ofString(body))
            .build();
    int status = http.send(request, BodyHandlers.discarding()).statusCode();
    if (status / 100 != 2) {
      throw new IOException("POST " + path + " was answered with " + status);
    }
  }

  private HttpRequest get(String path) {
    return HttpRequest.newBuilder(URI.create("http://" + address + path))
        .header("Accept", "text/event-stream")
        .build();
  }

  private static String batch(int round) {
    return IntStream.range(0, 10 * CHANNELS)
        .mapToObj(
            line ->
                "{\"channel\":\"%s\",\"data\":%s}".formatted(name(line % CHANNELS), event(round)))
        .collect(Collectors.joining("\n"));
  }

  private static String event(int number) {
    return "{\"number\":%d,\"text\":\"%s\"}".formatted(number, "training ".repeat(20));
  }

  private static String name(int channel) {
    return "demo:training-" + channel;
  }
}
