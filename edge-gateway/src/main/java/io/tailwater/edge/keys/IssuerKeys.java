package io.tailwater.edge.keys;

import static java.util.Objects.requireNonNull;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jwt.SignedJWT;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public keys of other issuers, as they were last read. Verifying never waits: keys are read on
 * other threads, from time to time and when a token names a key that is not known. Any thread.
 */
public final class IssuerKeys implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(JWSAlgorithm.RS256, JWSAlgorithm.PS256, JWSAlgorithm.ES256, JWSAlgorithm.EdDSA);
  private static final long TICK_MS = 1_000;
  private static final long PERIOD_NANOS = Duration.ofMinutes(5).toNanos();
  private static final long RETRY_NANOS = Duration.ofSeconds(30).toNanos();

  /** Without keys nobody can come in. */
  private static final long URGENT_RETRY_NANOS = Duration.ofSeconds(5).toNanos();

  private static final long ASK_PERIOD_NANOS = Duration.ofSeconds(30).toNanos();

  /** How long keys are good whose source cannot be read. */
  private static final long GOOD_NANOS = Duration.ofDays(1).toNanos();

  private final @Nullable HttpClient client;
  private final Executor readers;
  private final List<Source> sources;
  private final LongSupplier nanoTime;
  private final AtomicLong changes = new AtomicLong();
  private final Counter read;
  private final Counter failed;

  /**
   * @param locations URLs and files, all of which {@link #isLocation} accepts
   * @param readers runs what waits for a source
   * @param nanoTime the clock, nanoseconds
   */
  public IssuerKeys(
      List<String> locations, Executor readers, LongSupplier nanoTime, MeterRegistry meters) {
    this.readers = readers;
    this.nanoTime = nanoTime;
    this.client = locations.isEmpty() ? null : client();
    this.sources = new ArrayList<>();
    for (String location : locations) {
      KeySource source = KeySource.of(location);
      if (source == null) {
        throw new IllegalArgumentException("neither a URL nor a file: " + location);
      }
      sources.add(new Source(source, nanoTime.getAsLong()));
    }
    meters.gauge("tailwater.edge.jwks.keys", this, keys -> keys.known().size());
    this.read = reads("read", meters);
    this.failed = reads("failed", meters);
  }

  private static Counter reads(String outcome, MeterRegistry meters) {
    return Counter.builder("tailwater.edge.jwks.reads")
        .description("how often a source of keys was read")
        .tag("outcome", outcome)
        .register(meters);
  }

  private static HttpClient client() {
    return HttpClient.newBuilder()
        .connectTimeout(KeySource.PATIENCE)
        .followRedirects(HttpClient.Redirect.NEVER)
        .build();
  }

  /** Whether a configured text names a URL (http or https) or an absolute path. */
  public static boolean isLocation(String text) {
    return KeySource.of(text) != null;
  }

  /** One source, and what was last read from it. */
  private static final class Source {
    final KeySource where;
    final AtomicBoolean reading = new AtomicBoolean();
    volatile @Nullable KeySet known;
    volatile long dueNanos;
    volatile long askedNanos;
    volatile boolean complained;

    Source(KeySource where, long nowNanos) {
      this.where = where;
      this.dueNanos = nowNanos;
      this.askedNanos = nowNanos - ASK_PERIOD_NANOS;
    }
  }

  /** Whether there are other issuers. */
  public boolean isEmpty() {
    return sources.isEmpty();
  }

  /** Grows whenever a key may have come or gone. */
  public long changes() {
    return changes.get();
  }

  /** Begins to read, now and periodically. */
  public void start(ScheduledExecutorService timer) {
    if (!sources.isEmpty()) {
      timer.scheduleAtFixedRate(this::tick, 0, TICK_MS, TimeUnit.MILLISECONDS);
    }
  }

  /** Reads what is due, and forgets what is no longer good. Any thread. */
  public void tick() {
    long now = nanoTime.getAsLong();
    for (Source source : sources) {
      KeySet known = source.known;
      if (known != null && !isGood(known, now)) {
        LOG.error("the keys of {} have not been read for a day: they are void", source.where);
        source.known = null;
        source.dueNanos = now;
        changes.incrementAndGet();
      }
      if (now - source.dueNanos >= 0) {
        read(source);
      }
    }
  }

  private static boolean isGood(KeySet known, long now) {
    return now - known.readNanos() < GOOD_NANOS;
  }

  private List<IssuerKey> known() {
    long now = nanoTime.getAsLong();
    List<IssuerKey> keys = new ArrayList<>();
    for (Source source : sources) {
      KeySet known = source.known;
      if (known != null && isGood(known, now)) {
        keys.addAll(known.keys());
      }
    }
    return keys;
  }

  /**
   * Whether one of the keys has signed a token.
   *
   * @throws RequestException {@code unavailable} while the key that it names may be one that has
   *     not been read yet
   */
  public boolean verify(SignedJWT token) throws JOSEException {
    if (!ALGORITHMS.contains(token.getHeader().getAlgorithm())) {
      return false;
    }
    long before = changes.get();
    String keyId = token.getHeader().getKeyID();
    boolean isKnown = false;
    for (IssuerKey key : known()) {
      if (key.mayHaveSigned(keyId)) {
        if (key.verifies(token)) {
          return true;
        }
        isKnown |= keyId != null && key.id() != null;
      }
    }
    if (isKnown) {
      return false;
    }
    if (askAgain()) {
      throw new RequestException(
          ErrorCode.UNAVAILABLE,
          "the key of this token is not known here yet: the issuer is being asked; try again");
    }
    // It may have been read meanwhile.
    return changes.get() != before && verify(token);
  }

  /** Reads the sources again if it is time; false if they have all been read just now. */
  private boolean askAgain() {
    long now = nanoTime.getAsLong();
    boolean asking = false;
    for (Source source : sources) {
      if (source.reading.get()) {
        asking = true;
      } else if (now - source.askedNanos >= ASK_PERIOD_NANOS) {
        source.askedNanos = now;
        read(source);
        asking = true;
      } else if (source.known == null) {
        // It would be wrong to say that the token is bad.
        asking = true;
      }
    }
    return asking;
  }

  private void read(Source source) {
    if (source.reading.compareAndSet(false, true)) {
      readers.execute(() -> readNow(source));
    }
  }

  private void readNow(Source source) {
    try {
      KeySet before = source.known;
      KeySet now = KeySet.parse(source.where.read(requireNonNull(client)), nanoTime.getAsLong());
      source.known = now;
      if (before == null || !before.text().equals(now.text())) {
        LOG.info("{} keys were read from {}", now.keys().size(), source.where);
        changes.incrementAndGet();
      }
      read.increment();
      source.complained = false;
      source.dueNanos = nanoTime.getAsLong() + PERIOD_NANOS;
    } catch (IOException e) {
      onFailure(source, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      source.reading.set(false);
    }
  }

  private void onFailure(Source source, IOException e) {
    failed.increment();
    if (!source.complained) {
      source.complained = true;
      LOG.warn("the keys at {} cannot be read: {}", source.where, e.getMessage());
    }
    long pause = source.known == null ? URGENT_RETRY_NANOS : RETRY_NANOS;
    source.dueNanos = nanoTime.getAsLong() + pause;
  }

  @Override
  public void close() {
    if (client != null) {
      client.shutdownNow();
    }
  }
}
