package io.tailwater.edge.limits;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the bytes of request bodies that have arrived in part: of one address and of the whole
 * gateway. Only bytes that are here count, so nobody takes room by announcing a body. Any thread.
 */
public final class BodyMemory {
  private final EdgeLimits limits;
  private final MeterRegistry meters;
  private final AtomicLong all = new AtomicLong();

  /** Of addresses with an unfinished body. */
  private final ConcurrentMap<String, Long> byAddress = new ConcurrentHashMap<>();

  public BodyMemory(EdgeLimits limits, MeterRegistry meters) {
    this.limits = limits;
    this.meters = meters;
    Gauge.builder("tailwater.edge.bodies.bytes", all, AtomicLong::get)
        .description("bytes of request bodies that have arrived in part")
        .register(meters);
  }

  /**
   * Begins a body.
   *
   * @param expected its length in bytes, 0 if that is not known
   * @throws RequestException {@code rate_limited}: there is no room for it now
   */
  public Held open(String address, long expected) {
    require(all.get() + expected, byAddress.getOrDefault(address, 0L) + expected);
    return new Held(address);
  }

  private void require(long total, long ofAddress) {
    if (limits.bodyBytesPerAddress() > 0 && ofAddress > limits.bodyBytesPerAddress()) {
      throw refused("body-bytes-per-address", "this address sends");
    }
    if (total > limits.bodyBytes()) {
      throw refused("body-bytes", "clients send");
    }
  }

  private RequestException refused(String limit, String who) {
    meters.counter("tailwater.edge.limits.refused", "limit", limit).increment();
    return new RequestException(
        ErrorCode.RATE_LIMITED, who + " too many large bodies at the same time; try again later");
  }

  /** The bytes of one body. For one thread. */
  public final class Held implements AutoCloseable {
    private final String address;
    private long bytes;

    private Held(String address) {
      this.address = address;
    }

    /**
     * Counts bytes that have arrived.
     *
     * @throws RequestException {@code rate_limited}: they are too many
     */
    public void add(int count) {
      bytes += count;
      require(all.addAndGet(count), byAddress.merge(address, (long) count, Long::sum));
    }

    /** The body is complete, or nobody wants the rest of it. */
    @Override
    public void close() {
      all.addAndGet(-bytes);
      byAddress.computeIfPresent(
          address, (same, held) -> held == bytes ? null : Long.valueOf(held - bytes));
      bytes = 0;
    }
  }
}
