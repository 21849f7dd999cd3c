package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Loop;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a client. Safe for any thread: requests run on the loop, and their results are
 * handed to the application's executor.
 */
final class Core {
  private static final long MAX_DEADLINE_MS = 30_000;

  private final Loop loop;
  private final Executor executor;
  private final Feeds feeds;
  private final Links links;
  private final Http http;
  private final Outbox outbox;
  private final long timeoutMs;
  // Calls that wait for a connection. Confined to the loop.
  private final Deque<Runnable> waiting = new ArrayDeque<>();

  Core(
      Loop loop,
      Executor executor,
      Feeds feeds,
      Links links,
      Http http,
      Outbox outbox,
      long timeoutMs) {
    this.loop = loop;
    this.executor = executor;
    this.feeds = feeds;
    this.links = links;
    this.http = http;
    this.outbox = outbox;
    this.timeoutMs = timeoutMs;
    links.onOpen(this::opened);
  }

  private void opened() {
    if (links.isClosed()) {
      outbox.close();
    } else {
      outbox.wake();
    }
    for (Runnable call = waiting.poll(); call != null; call = waiting.poll()) {
      call.run();
    }
  }

  Loop loop() {
    return loop;
  }

  /** Runs code of the application, unless the application has ended its executor. */
  void run(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException e) {
      // Nobody is left for whom it would matter.
    }
  }

  Http http() {
    return http;
  }

  // ---- Between the loop and the application

  /** Asks on the loop, and answers on the executor. */
  <T> CompletableFuture<T> ask(Supplier<CompletableFuture<T>> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    boolean taken =
        loop.tryExecute(
            () ->
                answered(question).whenComplete((value, failure) -> hand(answer, value, failure)));
    if (!taken) {
      answer.completeExceptionally(TailwaterException.closed());
    }
    return answer;
  }

  private <T> CompletableFuture<T> answered(Supplier<CompletableFuture<T>> question) {
    if (links.isClosed()) {
      return CompletableFuture.failedFuture(TailwaterException.closed());
    }
    try {
      return question.get();
    } catch (TailwaterException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private <T> void hand(CompletableFuture<T> answer, T value, @Nullable Throwable failure) {
    Runnable complete =
        () -> {
          if (failure == null) {
            answer.complete(value);
          } else {
            answer.completeExceptionally(TailwaterException.from(failure));
          }
        };
    try {
      executor.execute(complete);
    } catch (RejectedExecutionException e) {
      // The application has ended its executor: nobody but those who wait is left.
      complete.run();
    }
  }

  /**
   * Waits for an answer.
   *
   * @throws TailwaterException {@code aborted} if the thread is interrupted
   */
  static <T> T await(CompletableFuture<T> answer) {
    try {
      return answer.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw TailwaterException.lasting("aborted", "the thread was interrupted");
    } catch (ExecutionException e) {
      throw TailwaterException.from(e).thrownAgain();
    }
  }

  // ---- What a client does

  Reader reader(String channel, SubscribeOptions options) {
    return new Reader(loop, feeds, channel, options);
  }

  /** Publishes, on the loop. */
  CompletableFuture<PublishOptions.Published> publish(ObjectNode frame) {
    links.wantFrames();
    return outbox.publish(frame);
  }

  /** Calls a method, on the loop; the result is the {@code data} of the answer. */
  CompletableFuture<JsonNode> call(ObjectNode frame, long limitMs) {
    links.wantFrames();
    if (links.needsSocket() && !links.isOpen()) {
      return connected(limitMs).thenCompose(open -> call(frame, limitMs));
    }
    long deadlineMs = Math.min(limitMs, MAX_DEADLINE_MS);
    ObjectNode content = frame.deepCopy().put("timeout_ms", deadlineMs);
    CompletableFuture<JsonNode> sent = links.call(content, limitMs);
    CompletableFuture<JsonNode> answer =
        sent == null
            ? http.json(
                    Http.Request.post("/v1/calls", "application/json", content.toString())
                        .timeout(limitMs))
                .result()
            : sent;
    return answer.thenApply(result -> result.path("data"));
  }

  /** Waits until there is a connection. */
  private CompletableFuture<Boolean> connected(long limitMs) {
    CompletableFuture<Boolean> connected = new CompletableFuture<>();
    Loop.Timer late =
        loop.schedule(
            limitMs,
            () ->
                connected.completeExceptionally(
                    TailwaterException.passing("timeout", "not connected in " + limitMs + " ms")));
    Runnable open =
        () -> {
          late.cancel();
          if (links.isClosed()) {
            connected.completeExceptionally(TailwaterException.closed());
          } else {
            connected.complete(true);
          }
        };
    connected.whenComplete((any, failure) -> waiting.remove(open));
    waiting.add(open);
    return connected;
  }

  long timeoutMs() {
    return timeoutMs;
  }

  void close() {
    loop.execute(
        () -> {
          links.close(null);
          loop.end();
        });
  }
}
