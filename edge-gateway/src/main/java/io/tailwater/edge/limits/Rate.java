package io.tailwater.edge.limits;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A rate per second for each key, of which one second's worth may be used at once. Any thread.
 *
 * <p>For each key in use it keeps the time at which its use is paid off, and forgets the key after
 * that. When there are more keys than it may keep, it evicts one that is rarely used. What that key
 * owes is then owed by every new key that shares its place in a table of {@value #PLACES}: so no
 * key gains by its eviction, and few others lose by it.
 */
final class Rate {
  private static final long BURST_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final int PLACE_BITS = 12;
  private static final int PLACES = 1 << PLACE_BITS;

  private final long perSecond;
  private final LongSupplier nanoTime;
  private final long originNanos;
  private final Cache<String, Account> accounts;
  private final AtomicLongArray evictedDebts = new AtomicLongArray(PLACES);
  private final Function<String, Account> open = key -> new Account(evictedDebts.get(place(key)));

  /**
   * @param perSecond 0 for no limit
   * @param maxKeys how many keys are kept
   * @param nanoTime the clock, nanoseconds
   */
  Rate(long perSecond, int maxKeys, LongSupplier nanoTime) {
    this.perSecond = perSecond;
    this.nanoTime = nanoTime;
    this.originNanos = nanoTime.getAsLong();
    this.accounts =
        Caffeine.newBuilder()
            .maximumSize(maxKeys)
            .expireAfter(new PaidOff())
            .ticker(this::now)
            .executor(Runnable::run)
            .evictionListener(this::onEvicted)
            .build();
  }

  /** The time at which a key's use is paid off, nanoseconds on the clock of its rate. */
  private static final class Account extends AtomicLong {
    private static final long serialVersionUID = 1;

    /** Instead of a time: this account is no longer in the map. */
    static final long EVICTED = Long.MIN_VALUE;

    Account(long paidOffNanos) {
      super(paidOffNanos);
    }
  }

  /** Keeps an account until it is paid off, and for a second longer: what one use may add. */
  private static final class PaidOff implements Expiry<String, Account> {
    @Override
    public long expireAfterCreate(String key, Account account, long nowNanos) {
      return Math.max(0, account.get() - nowNanos) + BURST_NANOS;
    }

    @Override
    public long expireAfterUpdate(String key, Account account, long nowNanos, long leftNanos) {
      return expireAfterCreate(key, account, nowNanos);
    }

    @Override
    public long expireAfterRead(String key, Account account, long nowNanos, long leftNanos) {
      return expireAfterCreate(key, account, nowNanos);
    }
  }

  boolean limited() {
    return perSecond > 0;
  }

  /** Uses one, if that is within the rate. */
  boolean take(String key) {
    return !limited() || use(key, nanos(1), BURST_NANOS);
  }

  /** Uses an amount, within the rate or not: then {@link #waitMs} says how long to pause. */
  void spend(String key, long amount) {
    if (limited() && amount > 0) {
      use(key, nanos(amount), Long.MAX_VALUE);
      // Its use may take longer to pay off than was known when the account was read.
      var unused = accounts.getIfPresent(key);
    }
  }

  private boolean use(String key, long costNanos, long maxDebtNanos) {
    long now = now();
    while (true) {
      Account account = accounts.get(key, open);
      long before = account.get();
      if (before != Account.EVICTED) {
        long debt = Math.max(0, before - now) + costNanos;
        if (debt > maxDebtNanos) {
          return false;
        }
        if (account.compareAndSet(before, now + debt)) {
          return true;
        }
      }
    }
  }

  /** How long to use nothing, milliseconds; 0 within the rate. */
  long waitMs(String key) {
    if (!limited()) {
      return 0;
    }
    Account account = accounts.getIfPresent(key);
    long known = account == null ? Account.EVICTED : account.get();
    long paidOff = known == Account.EVICTED ? evictedDebts.get(place(key)) : known;
    long waitNanos = paidOff - now() - BURST_NANOS;
    return waitNanos <= 0 ? 0 : 1 + TimeUnit.NANOSECONDS.toMillis(waitNanos);
  }

  /** How many keys are kept. */
  int keys() {
    accounts.cleanUp();
    return (int) accounts.estimatedSize();
  }

  private void onEvicted(@Nullable String key, @Nullable Account account, RemovalCause cause) {
    if (key != null && account != null) {
      evictedDebts.accumulateAndGet(place(key), account.getAndSet(Account.EVICTED), Math::max);
    }
  }

  private static int place(String key) {
    // Keys that differ in their last letter have neighbouring hashes: spread them.
    return (key.hashCode() * 0x9E3779B9) >>> 32 - PLACE_BITS;
  }

  /** Nanoseconds since this rate was constructed, since a clock's own numbers may overflow. */
  private long now() {
    return nanoTime.getAsLong() - originNanos;
  }

  private long nanos(long amount) {
    return (long) (amount * (double) BURST_NANOS / perSecond);
  }
}
