package io.tailwater.system.foreign;

import io.micronaut.websocket.annotation.ClientWebSocket;
import io.micronaut.websocket.annotation.OnClose;
import io.micronaut.websocket.annotation.OnError;
import io.micronaut.websocket.annotation.OnMessage;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket as users of Micronaut write it; Micronaut implements {@link #send}. Its methods run
 * on the client's event loop, in order.
 */
@ClientWebSocket(subprotocol = "tailwater.v1.json")
abstract class MicronautSocket implements AutoCloseable {
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private volatile @Nullable PrintedFrames frames;

  void printTo(PrintedFrames newFrames) {
    frames = newFrames;
  }

  abstract void send(String text);

  @OnMessage
  void onMessage(String text) {
    Objects.requireNonNull(frames, "a frame before a subscription").print(text);
  }

  @OnClose
  void onClose() {
    ended.complete(null);
  }

  @OnError
  void onError(Throwable error) {
    ended.complete(null);
  }

  /** Waits until the connection has ended. */
  void awaitEnd() {
    ended.join();
  }
}
