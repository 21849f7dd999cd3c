package io.tailwater.system.foreign;

import io.micronaut.context.ApplicationContext;
import io.micronaut.websocket.WebSocketClient;
import java.net.URI;
import java.util.List;
import java.util.Map;
import reactor.core.publisher.Mono;

/**
 * A program that reads with Micronaut's WebSocket client, which compresses: it and all of Netty's
 * refuse an answer with {@code client_no_context_takeover}.
 */
final class MicronautClient {
  private static final Map<String, Object> SETTINGS =
      Map.of("micronaut.http.client.ws.compression.enabled", true);

  private MicronautClient() {}

  static List<String> command() {
    return JavaClients.java(MicronautClient.class);
  }

  /**
   * @param arguments {@code URL CHANNEL}
   */
  public static void main(String[] arguments) throws Exception {
    PrintedFrames frames = new PrintedFrames(System.out);
    // Logs would be read as events.
    System.setOut(System.err);
    try (ApplicationContext context = ApplicationContext.run(SETTINGS)) {
      WebSocketClient client = context.getBean(WebSocketClient.class);
      while (true) {
        try (MicronautSocket socket =
            Mono.from(client.connect(MicronautSocket.class, URI.create(arguments[0]))).block()) {
          socket.printTo(frames);
          socket.send(frames.subscribe(arguments[1]));
          socket.awaitEnd();
        } catch (RuntimeException e) {
          // The connection was refused or cut, as the client or Netty reports it: it returns.
        }
        Thread.sleep(200);
      }
    }
  }
}
