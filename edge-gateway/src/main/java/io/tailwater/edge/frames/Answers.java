package io.tailwater.edge.frames;

import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ServerFrame;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** How frames of a client are answered. Confined to the connection's event loop. */
interface Answers {
  /**
   * Writes a frame.
   *
   * @param id that of the client's frame; 0 for none
   */
  void answer(long id, Consumer<ServerFrame.Builder> content);

  /** Answers that a frame could not be carried out. */
  void error(long id, RequestException refusal);

  /** Waits for a result, as one of the frames that are not answered yet. */
  <T> void await(CompletableFuture<T> coming, Outcome<T> outcome);

  /** The refusal that a failure comes down to. */
  RequestException refusal(Throwable failure);

  /** What to do with a result that was awaited. */
  interface Outcome<T> {
    void with(@Nullable T result, @Nullable Throwable failure);
  }
}
