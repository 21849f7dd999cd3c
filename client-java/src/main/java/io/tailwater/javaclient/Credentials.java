package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.javaclient.loop.Loop;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The token in use, and how to get the next one. Confined to the client's loop. */
final class Credentials {
  private static final long EARLY_MS = 30_000;
  private static final long REPLACEABLE_AFTER_MS = 5_000;

  private final Loop loop;
  private final Executor executor;
  private final @Nullable Tokens tokens;
  private String token;
  private boolean known;
  private @Nullable CompletableFuture<String> asking;
  private long askedAt;

  /**
   * @param tokens null if the token stays as it is
   * @param token empty for none
   */
  Credentials(Loop loop, Executor executor, @Nullable Tokens tokens, String token) {
    this.loop = loop;
    this.executor = executor;
    this.tokens = tokens;
    this.token = token;
    this.known = tokens == null;
    this.askedAt = loop.now() - EARLY_MS - 1;
  }

  boolean isRenewable() {
    return tokens != null;
  }

  /** Whether a refused token may be replaced: not if it was given a moment ago. */
  boolean isReplaceable() {
    return isRenewable() && loop.now() - askedAt > REPLACEABLE_AFTER_MS;
  }

  /** A token that is good for a while, or empty. Completes on the loop. */
  CompletableFuture<String> current() {
    if (!known) {
      return renew(Tokens.Reason.CONNECT);
    }
    // A wrong clock must not ask for a token with each request.
    boolean due = expiresAt() - loop.wallClock() < EARLY_MS && loop.now() - askedAt > EARLY_MS;
    return due && isRenewable()
        ? renew(Tokens.Reason.EXPIRING)
        : CompletableFuture.completedFuture(token);
  }

  /** Another token, from the application. Completes on the loop. */
  CompletableFuture<String> renew(Tokens.Reason reason) {
    Tokens source = tokens;
    if (source == null) {
      return CompletableFuture.completedFuture(token);
    }
    CompletableFuture<String> already = asking;
    if (already != null) {
      return already;
    }
    askedAt = loop.now();
    CompletableFuture<String> renewed = new CompletableFuture<>();
    asking = renewed;
    executor.execute(
        () -> {
          try {
            String given = source.get(reason);
            loop.execute(() -> take(given, renewed));
          } catch (Exception e) {
            loop.execute(() -> fail(e, renewed));
          }
        });
    return renewed;
  }

  private void take(String given, CompletableFuture<String> renewed) {
    token = given;
    known = true;
    asking = null;
    renewed.complete(given);
  }

  private void fail(Exception failure, CompletableFuture<String> renewed) {
    asking = null;
    TailwaterException error =
        TailwaterException.passing("unauthorized", "no token was given: " + failure.getMessage());
    error.initCause(failure);
    renewed.completeExceptionally(error);
  }

  /** When the token expires, as far as it can be read; else never. */
  private long expiresAt() {
    String[] parts = token.split("\\.", -1);
    if (parts.length < 2) {
      return Long.MAX_VALUE;
    }
    try {
      JsonNode claims = Json.parse(Base64.getUrlDecoder().decode(parts[1]));
      return claims.has("exp") ? claims.get("exp").asLong() * 1_000 : Long.MAX_VALUE;
    } catch (IllegalArgumentException | TailwaterException e) {
      return Long.MAX_VALUE;
    }
  }
}
