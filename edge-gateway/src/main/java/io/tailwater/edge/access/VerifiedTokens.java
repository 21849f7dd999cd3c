package io.tailwater.edge.access;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import org.jspecify.annotations.Nullable;

/**
 * Tokens whose signatures were verified, so that a client that sends the same one again costs
 * little. It remembers who they are of, and not whether they are revoked. Any thread.
 */
final class VerifiedTokens {
  private static final long MAX_CHARS = 16L << 20;

  /** Of the identity, in characters of a token. */
  private static final int OVERHEAD_CHARS = 1_024;

  private final Cache<String, Verified> byText =
      Caffeine.newBuilder()
          .executor(Runnable::run)
          .maximumWeight(MAX_CHARS)
          .weigher((String text, Verified verified) -> text.length() + OVERHEAD_CHARS)
          .build();
  private final Counter found;
  private final Counter missed;

  VerifiedTokens(MeterRegistry meters) {
    meters.gauge("tailwater.edge.tokens.remembered", byText, Cache::estimatedSize);
    found = lookups("true", meters);
    missed = lookups("false", meters);
  }

  private static Counter lookups(String remembered, MeterRegistry meters) {
    return Counter.builder("tailwater.edge.tokens")
        .description("tokens that were shown, by whether they were remembered")
        .tag("remembered", remembered)
        .register(meters);
  }

  /**
   * A verified token.
   *
   * @param keyChanges how often keys had changed before it was verified
   */
  private record Verified(Identity identity, long keyChanges) {}

  /** Whose a token is; null if it has to be verified, perhaps again. */
  @Nullable Identity find(String text, long keyChanges, long nowMs) {
    Verified verified = byText.getIfPresent(text);
    boolean good =
        verified != null
            && verified.keyChanges == keyChanges
            && nowMs < verified.identity.expiresAtMs() + Validity.TOLERANCE.toMillis();
    (good ? found : missed).increment();
    return good && verified != null ? verified.identity : null;
  }

  /** Remembers a token that was verified. */
  void put(String text, Identity identity, long keyChanges) {
    byText.put(text, new Verified(identity, keyChanges));
  }
}
