package io.tailwater.edge.limits;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Shares the places of publications that wait for the log, or of calls that wait for the backend,
 * among clients. While more than half of the places are taken, no subject and no address gets more
 * than an eighth of them. So one client can never fill them, and who is refused is who fills them.
 * Any thread.
 */
public final class Places {
  private static final int SHARE = 8;
  private static final int CROWDED = 2;

  private final Load max;
  private final Counter refused;

  private final AtomicReference<Load> taken = new AtomicReference<>(Load.NONE);

  private final String full;

  /** Of subjects and addresses that have places. */
  private final ConcurrentMap<String, Load> byClient = new ConcurrentHashMap<>();

  private Places(Load max, String limit, String gauge, String full, MeterRegistry meters) {
    this.max = max;
    this.full = full;
    this.refused = meters.counter("tailwater.edge.limits.refused", "limit", limit);
    Gauge.builder(gauge, byClient, Map::size)
        .description("subjects and addresses of those that wait")
        .register(meters);
  }

  /**
   * Places of publications that wait for the log.
   *
   * @param maxCount publications that may wait
   * @param maxBytes encoded bytes of these publications
   */
  public static Places ofPublications(int maxCount, long maxBytes, MeterRegistry meters) {
    return new Places(
        new Load(maxCount, maxBytes),
        "publish-places",
        "tailwater.edge.publish.clients",
        "too many of your events are waiting for the log; try again",
        meters);
  }

  /**
   * Places of calls that wait for the backend.
   *
   * @param maxCount calls that may wait
   * @param maxBytes bytes of their data
   */
  public static Places ofCalls(int maxCount, long maxBytes, MeterRegistry meters) {
    return new Places(
        new Load(maxCount, maxBytes),
        "call-places",
        "tailwater.edge.calls.clients",
        "too many of your calls are waiting for the backend; try again",
        meters);
  }

  /** What waits, by count and bytes. */
  private record Load(long count, long bytes) {
    static final Load NONE = new Load(0, 0);

    Load plus(Load other) {
      return new Load(count + other.count, bytes + other.bytes);
    }

    Load minus(Load other) {
      return new Load(count - other.count, bytes - other.bytes);
    }

    boolean exceeds(Load whole, int parts) {
      return count > whole.count / parts || bytes > whole.bytes / parts;
    }
  }

  /**
   * Takes places for one client, for all of them or for none.
   *
   * @param bytes of all of them, encoded
   * @return gives the places back when it is run; to be run once
   * @throws RequestException {@code rate_limited}
   */
  public Runnable take(Identity identity, int count, long bytes) {
    Load load = new Load(count, bytes);
    List<String> clients = clients(identity);
    if (!tryTake(clients, load)) {
      refused.increment();
      throw new RequestException(ErrorCode.RATE_LIMITED, full);
    }
    return () -> release(clients, load);
  }

  private static List<String> clients(Identity identity) {
    List<String> clients = new ArrayList<>(2);
    if (!identity.anonymous()) {
      clients.add("subject " + identity.subject());
    }
    if (!identity.address().isEmpty()) {
      clients.add("address " + identity.address());
    }
    return clients;
  }

  private boolean tryTake(List<String> clients, Load load) {
    boolean crowded = taken().plus(load).exceeds(max, CROWDED);
    for (int i = 0; i < clients.size(); i++) {
      Load own = byClient.merge(clients.get(i), load, Load::plus);
      if (crowded && own.exceeds(max, SHARE)) {
        leave(clients.subList(0, i + 1), load);
        return false;
      }
    }
    Load before;
    do {
      before = taken();
      if (before.plus(load).exceeds(max, 1)) {
        leave(clients, load);
        return false;
      }
    } while (!taken.compareAndSet(before, before.plus(load)));
    return true;
  }

  private Load taken() {
    return Objects.requireNonNull(taken.get());
  }

  private void leave(List<String> clients, Load load) {
    clients.forEach(
        client ->
            byClient.computeIfPresent(
                client, (same, held) -> held.equals(load) ? null : held.minus(load)));
  }

  private void release(List<String> clients, Load load) {
    taken.updateAndGet(held -> held.minus(load));
    leave(clients, load);
  }
}
