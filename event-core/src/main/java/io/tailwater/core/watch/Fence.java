package io.tailwater.core.watch;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Safe for any thread: asks Kafka about one topic, one question at a time. Callers that come while
 * a question is in flight share the next one, so every answer is newer than the request that it
 * serves.
 *
 * @param <T> the answer
 */
final class Fence<T> {
  private final Supplier<CompletableFuture<T>> question;

  @GuardedBy("this")
  private @Nullable CompletableFuture<T> next;

  @GuardedBy("this")
  private boolean asking;

  Fence(Supplier<CompletableFuture<T>> question) {
    this.question = question;
  }

  /** Completes with the answer to a question that is asked after this call. */
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
