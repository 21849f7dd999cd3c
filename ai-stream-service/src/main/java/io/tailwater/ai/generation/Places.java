package io.tailwater.ai.generation;

import io.tailwater.ai.stream.StreamMetrics;
import io.tailwater.ai.stream.StreamMetrics.Limit;
import io.tailwater.ai.stream.StreamRequest;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Limits how many generations run at once: in this instance, of one model, of one subject, and from
 * one address. Further ones wait in a bounded queue. Any thread.
 *
 * <p>Those who wait take turns. Each subject has one turn in a round, and so has each address of
 * clients without a token. So a subject that asks for many answers delays its own, and not those of
 * others. A place is always taken by the first one in the queue that its own limits allow to run.
 */
public final class Places {
  private static final int FULL_RETRY_S = 5;

  private final Limits limits;
  private final Map<String, ModelLimits> models;
  private final StreamMetrics metrics;
  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock. The maps have at most as many entries as there are places.
  private final TreeSet<Place> queue =
      new TreeSet<>(Comparator.<Place>comparingLong(p -> p.round).thenComparingLong(p -> p.number));
  private final Map<String, Integer> runningOf = new HashMap<>();
  private final Map<String, Integer> queuedOf = new HashMap<>();

  /** The newest round in which someone waits for a turn. */
  private final Map<String, Long> rounds = new HashMap<>();

  private int running;
  private long round;
  private long entered;

  /**
   * @param models limits of single models, by their names
   */
  Places(Limits limits, Map<String, ModelLimits> models, StreamMetrics metrics) {
    this.limits = limits;
    this.models = Map.copyOf(models);
    this.metrics = metrics;
  }

  /**
   * Numbers of places.
   *
   * @param running that run at once, all together
   * @param runningPerSubject of them, those of one subject; 0 for no limit. Clients without a token
   *     have none
   * @param runningPerAddress of them, those of one address; 0 for no limit
   * @param queued that wait, all together; 0 for no queue
   * @param queuedPerSubject of them, those of one subject; 0 for no limit
   * @param queuedPerAddress of them, those of one address; 0 for no limit
   */
  public record Limits(
      int running,
      int runningPerSubject,
      int runningPerAddress,
      int queued,
      int queuedPerSubject,
      int queuedPerAddress) {}

  /**
   * Numbers of places of one model.
   *
   * @param running that run at once; 0 for no limit of its own
   * @param queued that wait; 0 for no limit of its own
   */
  public record ModelLimits(int running, int queued) {
    private static final ModelLimits NONE = new ModelLimits(0, 0);
  }

  /** Guarded by the lock of all places: where one generation waits, or that it may run. */
  static final class Place {
    private final String subject;
    private final String address;
    private final String model;
    private final ModelLimits ofModel;
    private final CompletableFuture<Void> free = new CompletableFuture<>();
    private final long number;
    private long round;

    private Place(StreamRequest request, String model, ModelLimits ofModel, long number) {
      // The prefixes keep the counts of subjects, addresses, models and of those without a token
      // apart.
      this.subject = request.anonymous() ? "" : "subject " + request.creator();
      this.address = request.address().isEmpty() ? "" : "address " + request.address();
      this.model = "model " + model;
      this.ofModel = ofModel;
      this.number = number;
    }

    private String turn() {
      return subject.isEmpty() ? address : subject;
    }

    /** Completed once it may run. */
    CompletableFuture<Void> free() {
      return free;
    }

    /** Whether it may run. */
    boolean isFree() {
      return free.isDone();
    }
  }

  /**
   * Takes a place, or one in the queue.
   *
   * @param model the name of the request's model
   * @throws RequestException {@code rate_limited} if the subject or the address has no place in the
   *     queue; {@code overloaded} if nobody has, or nobody of this model
   */
  Place enter(StreamRequest request, String model) {
    return locked(
        () -> {
          Place place =
              new Place(request, model, models.getOrDefault(model, ModelLimits.NONE), entered++);
          Limit limit = limit(place);
          if (limit == null) {
            run(place);
          } else {
            requireRoom(place, limit);
            queue(place);
          }
          return place;
        });
  }

  /** Returns the place of a request that has entered, whether it runs or still waits. */
  void leave(Place place) {
    locked(
        () -> {
          if (place.isFree()) {
            running--;
            add(runningOf, place, -1);
            admit();
          } else {
            dequeue(place);
          }
          return place;
        });
  }

  /** How many are before it in the queue; 0 if it may run. */
  int ahead(Place place) {
    return locked(() -> place.isFree() ? 0 : queue.headSet(place).size());
  }

  /** How many run. */
  int running() {
    return locked(() -> running);
  }

  /** How many wait. */
  int queued() {
    return locked(queue::size);
  }

  /** Why it has to wait; null if it does not. Those who wait already cannot run now. */
  private @Nullable Limit limit(Place place) {
    if (isAt(runningOf, place.subject, limits.runningPerSubject())) {
      return Limit.SUBJECT;
    }
    if (isAt(runningOf, place.address, limits.runningPerAddress())) {
      return Limit.ADDRESS;
    }
    if (isAt(runningOf, place.model, place.ofModel.running())) {
      return Limit.MODEL;
    }
    return running >= limits.running() ? Limit.INSTANCE : null;
  }

  private void requireRoom(Place place, Limit limit) {
    if (isAt(queuedOf, place.subject, limits.queuedPerSubject())) {
      throw refused(Limit.SUBJECT, place);
    }
    if (isAt(queuedOf, place.address, limits.queuedPerAddress())) {
      throw refused(Limit.ADDRESS, place);
    }
    if (isAt(queuedOf, place.model, place.ofModel.queued())) {
      throw refused(Limit.MODEL, place);
    }
    if (queue.size() >= limits.queued()) {
      throw refused(limit, place);
    }
  }

  private RequestException refused(Limit limit, Place place) {
    metrics.refused(limit);
    return switch (limit) {
      case SUBJECT -> limited("a subject", limits.runningPerSubject(), limits.queuedPerSubject());
      case ADDRESS -> limited("an address", limits.runningPerAddress(), limits.queuedPerAddress());
      case MODEL ->
          full(
              "the " + place.model + " is here",
              most(place.ofModel.running(), limits.running()),
              most(place.ofModel.queued(), limits.queued()));
      case INSTANCE -> full("this instance is", limits.running(), limits.queued());
    };
  }

  private static RequestException full(String what, int running, int queued) {
    return new RequestException(
        ErrorCode.OVERLOADED,
        what + " at its limit of " + counts(running, queued) + "; try again later",
        FULL_RETRY_S);
  }

  /** Of two limits, of which the first may be none. */
  private static int most(int own, int all) {
    return own == 0 ? all : Math.min(own, all);
  }

  private RequestException limited(String who, int running, int queued) {
    int waiting = most(queued, limits.queued());
    return new RequestException(
        ErrorCode.RATE_LIMITED,
        who
            + " has at most "
            + counts(running == 0 ? limits.running() : running, waiting)
            + " here; wait until a stream has ended, or cancel one",
        FULL_RETRY_S);
  }

  private static String counts(int running, int queued) {
    return queued == 0
        ? running + " running streams"
        : running + " running and " + queued + " queued streams";
  }

  private void queue(Place place) {
    place.round = Math.max(round, rounds.getOrDefault(place.turn(), round - 1) + 1);
    rounds.put(place.turn(), place.round);
    queue.add(place);
    add(queuedOf, place, 1);
  }

  private void dequeue(Place place) {
    if (queue.remove(place)) {
      add(queuedOf, place, -1);
      if (!queuedOf.containsKey(place.turn())) {
        rounds.remove(place.turn());
      }
    }
  }

  private void admit() {
    List<Place> next = new ArrayList<>();
    for (Iterator<Place> each = queue.iterator(); each.hasNext() && running < limits.running(); ) {
      Place place = each.next();
      if (limit(place) == null) {
        run(place);
        next.add(place);
      }
    }
    next.forEach(
        place -> {
          dequeue(place);
          round = Math.max(round, place.round);
        });
  }

  private void run(Place place) {
    running++;
    add(runningOf, place, 1);
    place.free.complete(null);
  }

  private static boolean isAt(Map<String, Integer> counts, String key, int max) {
    return max > 0 && !key.isEmpty() && counts.getOrDefault(key, 0) >= max;
  }

  private static void add(Map<String, Integer> counts, Place place, int change) {
    for (String key : List.of(place.subject, place.address, place.model)) {
      counts.merge(key, change, Integer::sum);
      counts.remove(key, 0);
    }
  }

  private <T> T locked(Supplier<T> task) {
    lock.lock();
    try {
      return task.get();
    } finally {
      lock.unlock();
    }
  }
}
