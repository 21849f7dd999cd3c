package io.tailwater.edge.log;

import io.tailwater.client.ChannelLog;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.HeadsPage;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.contract.v1.NamespacesPage;
import io.tailwater.contract.v1.Partitioner;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadPositionsPage;
import io.tailwater.contract.v1.ReadPositionsRequest;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A log in memory, served by several event-cores that lag behind it and behind each other, fail,
 * and answer late: what was true when an answer was made may no longer be when it comes. Confined
 * to its simulation.
 */
final class MemoryLog implements ChannelLog {
  static final int PARTITIONS = 2;
  static final Namespace NAMESPACE =
      Namespace.newBuilder()
          .setName("chat")
          .setPartitions(PARTITIONS)
          .setPartitioner(Partitioner.MURMUR2)
          .setPatterns(true)
          .build();

  private static final int INSTANCES = 2;
  private static final int MOST_TRIES = 4;

  private final Simulation simulation;
  private final Map<String, PartitionLog> every = new HashMap<>();
  private final List<PartitionLog> current = new ArrayList<>();
  private final List<MemoryFold> folds = new ArrayList<>();
  private final List<FlakySegments> broadcasts = new ArrayList<>();
  private int incarnation;

  /** How likely a call fails. */
  double failures;

  /** The longest way of a question or an answer, milliseconds. */
  int delayMs = 1;

  /** Most events on a page. */
  int pageEvents = 100;

  /** Most entries of a state on a page. */
  int stateEntries = 100;

  /** A partition of which nothing can be read; -1 for none. */
  int unreadable = -1;

  /** How many events a page leaves out before it ends early. */
  int pageLeavesOut = 100;

  MemoryLog(Simulation simulation) {
    this.simulation = simulation;
    makeAgain();
    for (int instance = 0; instance < INSTANCES; instance++) {
      for (PartitionLog log : current) {
        folds.add(new MemoryFold(instance, log));
      }
    }
  }

  void broadcastTo(FlakySegments segments) {
    broadcasts.add(segments);
  }

  // --- what happens to the log ---

  /** The topic is deleted and made again. */
  void makeAgain() {
    current.clear();
    Epoch epoch = new Epoch("e" + ++incarnation);
    for (int partition = 0; partition < PARTITIONS; partition++) {
      PartitionLog log = new PartitionLog(epoch, partition);
      current.add(log);
      every.put(log.toString(), log);
    }
  }

  PartitionLog log(Channel channel) {
    return current.get(home(channel));
  }

  /** A partition of an incarnation. */
  PartitionLog log(int partition, Epoch epoch) {
    PartitionLog log = every.get(epoch + "/" + partition);
    if (log == null) {
      throw new IllegalStateException("there never was an epoch " + epoch);
    }
    return log;
  }

  PartitionLog log(int partition) {
    return current.get(partition);
  }

  static int home(Channel channel) {
    return home(channel.key());
  }

  static int home(String key) {
    return HomePartition.of(Partitioner.MURMUR2, key.getBytes(StandardCharsets.UTF_8), PARTITIONS);
  }

  /** One of the event-cores gets on, by a record or all; it learns of retention, too. */
  void foldSome() {
    MemoryFold fold = simulation.oneOf(folds);
    if (simulation.chance(0.3)) {
      fold.learnRetention();
    } else if (fold.is(current.get(fold.partition()))) {
      advance(fold, simulation.chance(0.5) ? 1 : Long.MAX_VALUE);
    } else if (simulation.chance(0.3)) {
      fold.beginAnew(current.get(fold.partition()));
    }
  }

  /** All event-cores get to where the log is. */
  void foldAll() {
    folds.forEach(this::catchUp);
    folds.forEach(MemoryFold::learnRetention);
  }

  private void catchUp(MemoryFold fold) {
    if (!fold.is(current.get(fold.partition()))) {
      fold.beginAnew(current.get(fold.partition()));
    }
    advance(fold, Long.MAX_VALUE);
  }

  private void advance(MemoryFold fold, long records) {
    Segment segment = fold.advance(records);
    if (segment != null && (fold.instance() == 0 || simulation.chance(0.2))) {
      broadcasts.forEach(broadcast -> broadcast.broadcast(segment));
    }
  }

  // --- what gateways ask ---

  @Override
  public CompletableFuture<ReadPage> read(ReadRequest request) {
    int home =
        request.hasPattern()
            ? request.getPattern().getPartition()
            : home(Channel.parse(request.getChannel()));
    if (home == unreadable) {
      CompletableFuture<ReadPage> late = new CompletableFuture<>();
      simulation.after(5_000, () -> late.completeExceptionally(unavailable()));
      return late;
    }
    return answer(home, MOST_TRIES, fold -> page(fold, request));
  }

  @Override
  public CompletableFuture<StatePage> state(StateRequest request) {
    int home = home(Channel.parse(request.getChannel()));
    return answer(home, MOST_TRIES, fold -> state(fold, request));
  }

  @Override
  public CompletableFuture<FollowPage> follow(FollowRequest request) {
    long deadline = simulation.millis() + request.getWaitMs();
    return answer(
        request.getPartition(),
        Integer.MAX_VALUE,
        fold -> followed(fold, request, simulation.millis() >= deadline));
  }

  @Override
  public CompletableFuture<HeadsPage> heads() {
    return answer(
        0,
        1,
        any -> {
          HeadsPage.Builder page = HeadsPage.newBuilder();
          folds.stream()
              .filter(fold -> fold.instance() == any.instance())
              .forEach(fold -> page.addHeads(fold.head()));
          return page.build();
        });
  }

  @Override
  public CompletableFuture<ReadPositionsPage> readPositions(ReadPositionsRequest request) {
    throw new UnsupportedOperationException("nobody has read positions here");
  }

  @Override
  public CompletableFuture<NamespacesPage> namespaces() {
    return CompletableFuture.completedFuture(
        NamespacesPage.newBuilder().addNamespaces(NAMESPACE).build());
  }

  /** Null: not yet, ask again. */
  private interface Question<T> {
    @Nullable T ask(MemoryFold fold);
  }

  private <T> CompletableFuture<T> answer(int partition, int tries, Question<T> question) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    int instance = simulation.below(INSTANCES);
    MemoryFold fold =
        folds.stream()
            .filter(one -> one.instance() == instance && one.partition() == partition)
            .findFirst()
            .orElseThrow();
    simulation.within(delayMs, () -> attempt(() -> question.ask(fold), tries, answer));
    return answer;
  }

  private <T> void attempt(Supplier<@Nullable T> question, int tries, CompletableFuture<T> answer) {
    if (simulation.chance(failures)) {
      refuse(answer);
      return;
    }
    T found;
    try {
      found = question.get();
    } catch (RequestException e) {
      simulation.within(delayMs, () -> answer.completeExceptionally(e));
      return;
    }
    if (found != null) {
      simulation.within(delayMs, () -> answer.complete(found));
    } else if (tries == 0) {
      refuse(answer);
    } else {
      simulation.after(20 + simulation.below(50), () -> attempt(question, tries - 1, answer));
    }
  }

  private void refuse(CompletableFuture<?> answer) {
    simulation.within(delayMs, () -> answer.completeExceptionally(unavailable()));
  }

  static RequestException unavailable() {
    return new RequestException(ErrorCode.UNAVAILABLE, "not now");
  }

  private @Nullable ReadPage page(MemoryFold fold, ReadRequest request) {
    boolean bound = fold.isOf(request.getAtLeastEpoch());
    boolean unknown =
        request.hasAfter()
            && (!fold.isOf(request.getAfter().getEpoch())
                || request.getAfter().getOffset() > fold.through());
    if (unknown || !bound) {
      // What rests on absence is asked of Kafka.
      if (simulation.chance(0.3)) {
        return null;
      }
      catchUp(fold);
      bound = fold.isOf(request.getAtLeastEpoch());
    }
    if (bound && fold.through() < request.getAtLeast()) {
      return null;
    }
    long earliest = fold.earliest() - 1;
    int limit = Math.min(request.getLimit(), pageEvents);
    MemoryWish wish = MemoryWish.of(request);
    return switch (request.getStartCase()) {
      case AFTER -> after(fold, wish, request.getAfter(), limit);
      case EARLIEST -> fold.page(wish, earliest, limit, pageLeavesOut).build();
      case LAST ->
          fold.page(wish, fold.beforeLast(wish, request.getLast()), limit, pageLeavesOut).build();
      case TIME_MS ->
          fold.page(wish, fold.before(request.getTimeMs()), limit, pageLeavesOut).build();
      case LATEST -> fold.page(wish, fold.through(), 0, pageLeavesOut).build();
      case BEFORE, START_NOT_SET ->
          throw new IllegalArgumentException("a gateway does not ask for this");
    };
  }

  private ReadPage after(MemoryFold fold, MemoryWish wish, Position after, int limit) {
    long earliest = fold.earliest() - 1;
    boolean known = fold.isOf(after.getEpoch()) && after.getOffset() <= fold.through();
    if (!known) {
      return fold.page(wish, earliest, limit, pageLeavesOut)
          .setReset(ReadPage.Reset.FOREIGN)
          .build();
    }
    if (after.getOffset() < earliest) {
      return fold.page(wish, earliest, limit, pageLeavesOut)
          .setReset(ReadPage.Reset.EXPIRED)
          .build();
    }
    return fold.page(wish, after.getOffset(), limit, pageLeavesOut).build();
  }

  private @Nullable StatePage state(MemoryFold fold, StateRequest request) {
    String key = Channel.parse(request.getChannel()).key();
    String[] next = request.getAfter().toStringUtf8().split(" ", -1);
    boolean first = request.getAfter().isEmpty();
    String epoch = first ? request.getMin().getEpoch() : next[0];
    boolean bound = !first || request.hasMin();
    long least = first ? request.getMin().getOffset() : Long.parseLong(next[1]);
    if (bound && (!fold.isOf(epoch) || least > fold.through())) {
      if (simulation.chance(0.3)) {
        return null;
      }
      catchUp(fold);
      if (!fold.isOf(epoch)) {
        throw new RequestException(ErrorCode.INVALID_POSITION, "of another topic");
      }
      if (least > fold.through()) {
        return null;
      }
    }
    return fold.state(key, first ? null : least, first ? "" : next[2], stateEntries);
  }

  private @Nullable FollowPage followed(MemoryFold fold, FollowRequest request, boolean last) {
    if (!fold.isOf(request.getEpoch())) {
      catchUp(fold);
      if (!fold.isOf(request.getEpoch())) {
        return fold.outcome(FollowPage.Outcome.FOREIGN);
      }
    }
    if (request.getAfter() > fold.through()) {
      return fold.outcome(FollowPage.Outcome.BEHIND);
    }
    if (request.getAfter() < fold.earliest() - 1 || !fold.holds(request.getAfter())) {
      return fold.outcome(FollowPage.Outcome.TOO_OLD);
    }
    List<Segment> segments = fold.segmentsAfter(request.getAfter());
    if (segments.isEmpty() && !last) {
      return null;
    }
    return fold.outcome(FollowPage.Outcome.SEGMENTS).toBuilder().addAllSegments(segments).build();
  }
}
