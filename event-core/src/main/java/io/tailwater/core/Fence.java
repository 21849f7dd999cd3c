package io.tailwater.core;

import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Asks Kafka about one topic, one question at a time: whoever comes while one is under way shares
 * the next, so every answer was asked for after the request that it serves. Safe for any thread.
 *
 * @param <T> the answer
 */
final class Fence<T> {
  private final Supplier<CompletableFuture<T>> question;
  private @Nullable CompletableFuture<T> next;
  private boolean asking;

  Fence(Supplier<CompletableFuture<T>> question) {
    this.question = question;
  }

  /** Completes with an answer to a question that is put after this call. */
  CompletableFuture<T> ask() {
    CompletableFuture<T> answer;
    synchronized (this) {
      if (next == null) {
        next = new CompletableFuture<>();
      }
      answer = next;
      if (asking) {
        return answer;
      }
    }
    start();
    return answer;
  }

  private void start() {
    CompletableFuture<T> answer;
    synchronized (this) {
      if (asking || next == null) {
        return;
      }
      answer = next;
      next = null;
      asking = true;
    }
    put()
        .whenComplete(
            (found, failure) -> {
              synchronized (this) {
                asking = false;
              }
              if (failure == null) {
                answer.complete(found);
              } else {
                answer.completeExceptionally(failure);
              }
              start();
            });
  }

  private CompletableFuture<T> put() {
    try {
      return question.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }
}
