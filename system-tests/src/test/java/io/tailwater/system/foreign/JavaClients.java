package io.tailwater.system.foreign;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A program that reads with the JDK's own clients: event streams line by line, and a WebSocket. */
final class JavaClients {
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final PrintedFrames frames = new PrintedFrames(System.out);
  private String position = "";

  private JavaClients() {}

  /** How it is started; the first argument says what it reads. */
  static List<String> command(String what) {
    return java(JavaClients.class, what);
  }

  /** How a program of these tests is started. */
  static List<String> java(Class<?> program, String... arguments) {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp", classPath, program.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  /**
   * @param arguments {@code stream URL} or {@code websocket URL CHANNEL}
   */
  public static void main(String[] arguments) throws InterruptedException {
    JavaClients reader = new JavaClients();
    while (true) {
      try {
        if (arguments[0].equals("stream")) {
          reader.stream(URI.create(arguments[1]));
        } else {
          reader.webSocket(URI.create(arguments[1]), arguments[2]);
        }
      } catch (IOException | CompletionException e) {
        // Cut: it comes back.
      }
      Thread.sleep(200);
    }
  }

  private void stream(URI address) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(address).header("Accept", "text/event-stream");
    if (!position.isEmpty()) {
      request.header("Last-Event-ID", position);
    }
    String type = "";
    try (Stream<String> lines =
        CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofLines()).body()) {
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.startsWith("event: tw.")) {
          type = line.substring(10);
          System.out.println("<" + type + ">");
        } else if (line.startsWith("data: ") && type.isEmpty()) {
          System.out.println(line.substring(6));
        } else if (line.startsWith("id: ")) {
          position = line.substring(4);
        } else if (line.isEmpty()) {
          type = "";
        }
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void webSocket(URI address, String channel) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    WebSocket socket =
        CLIENT
            .newWebSocketBuilder()
            .subprotocols("tailwater.v1.json")
            .buildAsync(address, new Frames(ended))
            .join();
    socket.sendText(frames.subscribe(channel), true);
    ended.join();
  }

  private final class Frames implements WebSocket.Listener {
    private final CompletableFuture<Void> ended;
    private final StringBuilder text = new StringBuilder();

    Frames(CompletableFuture<Void> ended) {
      this.ended = ended;
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        frames.print(text.toString());
        text.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
      ended.complete(null);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      ended.complete(null);
    }
  }
}
