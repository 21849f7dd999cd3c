package io.tailwater.client;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.Platform;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.NamespacesPage;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The platform's name, asked of an event-core when it is first needed, and again in the background
 * while it is used. The last answer counts while no event-core answers. Any thread.
 */
public final class PlatformName {
  private static final long FRESH_NANOS = Duration.ofSeconds(5).toNanos();

  private final ChannelLog log;
  private final LongSupplier nanoClock;

  @GuardedBy("this")
  private @Nullable CompletableFuture<Platform> asking;

  @GuardedBy("this")
  private @Nullable Platform known;

  @GuardedBy("this")
  private long knownAt;

  /**
   * Asks nothing yet.
   *
   * @param log of the platform
   * @param nanoClock a clock that only moves forward, nanoseconds
   */
  public PlatformName(ChannelLog log, LongSupplier nanoClock) {
    this.log = log;
    this.nanoClock = nanoClock;
  }

  /** The name; fails with a {@link RequestException} if no event-core has returned it yet. */
  public synchronized CompletableFuture<Platform> get() {
    if (known != null && nanoClock.getAsLong() - knownAt < FRESH_NANOS) {
      return CompletableFuture.completedFuture(known);
    }
    if (asking == null || asking.isDone()) {
      asking = log.namespaces().thenApply(this::learn);
    }
    return known == null ? asking.copy() : CompletableFuture.completedFuture(known);
  }

  private synchronized Platform learn(NamespacesPage page) {
    if (!Platform.isName(page.getPlatform())) {
      throw new RequestException(
          ErrorCode.UNAVAILABLE, "an event-core returned no name of the platform");
    }
    known = new Platform(page.getPlatform());
    knownAt = nanoClock.getAsLong();
    return known;
  }
}
