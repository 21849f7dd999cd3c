package io.tailwater.client;

import io.grpc.Channel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.PublishRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;

/**
 * Sends publish requests to the event-cores and returns their verdicts. A verdict is a value: the
 * futures never fail. Nothing is sent a second time here. Any thread, event loops included.
 */
public final class Publisher {
  private final Supplier<? extends Channel> eventCores;
  private final Bounds bounds;
  private final Window window;
  private final PublishMetrics metrics;

  /** One for each channel that the supplier has; it says how many they are. */
  private final Map<Channel, Route> routes = new ConcurrentHashMap<>();

  /**
   * A publisher with one channel.
   *
   * @param eventCores a channel to the service {@code EventCore}
   */
  public Publisher(Channel eventCores, Bounds bounds, PublishMetrics metrics) {
    this(() -> eventCores, bounds, metrics);
  }

  /**
   * A publisher with several channels.
   *
   * @param eventCores the channel to the service {@code EventCore} of the thread that asks, always
   *     the same; of a few
   */
  public Publisher(Supplier<? extends Channel> eventCores, Bounds bounds, PublishMetrics metrics) {
    this.eventCores = eventCores;
    this.bounds = bounds;
    this.window = new Window(bounds.maxRequests(), bounds.maxBytes());
    this.metrics = metrics;
    metrics.watch(window);
  }

  /**
   * What may wait for verdicts, over all lanes of a publisher; further requests are refused with
   * {@code rate_limited}.
   *
   * @param maxRequests at least 1
   * @param maxBytes encoded bytes, at least those of the largest request
   * @param patience how long a request waits for its verdict, or an eighth longer; an event-core
   *     gives one within 10 s
   */
  public record Bounds(int maxRequests, long maxBytes, Duration patience) {
    public Bounds {
      if (maxRequests < 1 || maxBytes < 1 || patience.isNegative() || patience.isZero()) {
        throw new IllegalArgumentException("bounds of a publisher are positive");
      }
    }
  }

  /**
   * Publishes on the route of this thread. Requests of one thread reach the log in the order of its
   * calls, as long as none of them ends {@link Verdict.Unknown}.
   */
  public CompletableFuture<Verdict> publish(PublishRequest request) {
    return route().publish(request);
  }

  /** The route of this thread. */
  public Route route() {
    Channel channel = eventCores.get();
    Route known = routes.get(channel);
    return known != null ? known : routes.computeIfAbsent(channel, Route::new);
  }

  /**
   * Publishes these in order, on a lane of their own: after one that ends {@link Verdict.Unknown},
   * no later one to the same channel is stored. Either all of them find room or none does.
   *
   * @return the verdicts, in the same order
   */
  public List<CompletableFuture<Verdict>> publishInOrder(List<PublishRequest> requests) {
    try (Lane lane = open()) {
      return lane.publishAll(requests);
    }
  }

  /**
   * Opens a lane for one caller. Its stream begins with its first request, at another event-core
   * than the lane before where there are several.
   */
  public Lane open() {
    return open(eventCores.get());
  }

  private Lane open(Channel channel) {
    Executor later = channel instanceof ServiceChannel own ? own::later : Runnable::run;
    return new Lane(EventCoreGrpc.newStub(channel), later, window, bounds.patience(), metrics);
  }

  /** The lane that all threads of one channel share, and its successors. Any thread. */
  public final class Route {
    private final Channel channel;
    private final AtomicReference<Lane> shared;

    private Route(Channel channel) {
      this.channel = channel;
      this.shared = new AtomicReference<>(open(channel));
    }

    /**
     * Publishes. Requests of one caller reach the log in the order of its calls, as long as none of
     * them ends {@link Verdict.Unknown}.
     */
    public CompletableFuture<Verdict> publish(PublishRequest request) {
      return lane().publish(request);
    }

    private Lane lane() {
      Lane current = Objects.requireNonNull(shared.get());
      if (!current.retired()) {
        return current;
      }
      shared.compareAndSet(current, open(channel));
      return Objects.requireNonNull(shared.get());
    }
  }
}
