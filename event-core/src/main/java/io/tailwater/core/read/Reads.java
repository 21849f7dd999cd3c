package io.tailwater.core.read;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.Page;
import io.tailwater.core.store.Page.Start;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.Wanted;
import io.tailwater.core.watch.KafkaWatch;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Safe for any thread: answers reads of a channel or a pattern. Waits, without a thread, until a
 * snapshot reaches far enough for the requested page.
 */
public final class Reads {
  private static final int MAX_EVENTS = 1_000;
  private static final int MAX_PAGE_BYTES = 1 << 20;
  private static final int MAX_TYPES = 32;
  private static final int MAX_TIME_LOOK_UPS = 200;

  private final Folds folds;
  private final Store store;
  private final PendingRead.Waits waits;
  private final int pageBytes;
  private final Executor executor;
  private final Semaphore timeLookUps = new Semaphore(MAX_TIME_LOOK_UPS);

  /**
   * Answers from these folds.
   *
   * @param patience longest wait for Kafka or the fold
   * @param pageBytes of a page's events if the request names no bound, but never less than one
   *     event
   * @param executor runs what follows answers of Kafka
   */
  public Reads(
      Folds folds,
      Store store,
      Readiness readiness,
      KafkaWatch watch,
      Duration patience,
      int pageBytes,
      LongSupplier nanoClock,
      Executor executor) {
    this.folds = folds;
    this.store = store;
    this.waits = new PendingRead.Waits(readiness, watch, patience, nanoClock);
    this.pageBytes = pageBytes;
    this.executor = executor;
  }

  /**
   * Reads one page. Exactly one of {@code page} and {@code failure} is called, once, on any thread.
   *
   * @throws RequestException if the request cannot be served at all
   */
  public void read(
      ReadRequest request, Consumer<ReadPage> page, Consumer<RequestException> failure) {
    waits.readiness().require();
    if (request.hasPattern() && !request.getChannel().isEmpty()) {
      throw invalid("a read has a channel or a pattern, not both");
    }
    Call call =
        request.hasPattern() ? pattern(request, page, failure) : channel(request, page, failure);
    requireBetween("types", request.getTypesCount(), 0, MAX_TYPES);
    requireBetween("limit", request.getLimit(), 0, MAX_EVENTS);
    requireBetween("max_bytes", request.getMaxBytes(), 0, MAX_PAGE_BYTES);
    requireBetween("last", request.getLast(), 0, MAX_EVENTS);
    if (request.getStartCase() == ReadRequest.StartCase.START_NOT_SET) {
      throw invalid("a read needs a start: after, before, latest, earliest, last or time_ms");
    }
    if (request.getTimeMs() < 0) {
      // To Kafka, negative times mean something else.
      throw invalid("time_ms must be 0 or more, and is " + request.getTimeMs());
    }
    call.begin();
  }

  private Call channel(
      ReadRequest request, Consumer<ReadPage> page, Consumer<RequestException> failure) {
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    int home = namespace.namespace().home(channel.keyBytes());
    return new Call(
        request,
        new Wanted.OfChannel(channel.keyBytes(), Set.copyOf(request.getTypesList())),
        PendingRead.Target.of(channel, namespace, home),
        page,
        failure);
  }

  private Call pattern(
      ReadRequest request, Consumer<ReadPage> page, Consumer<RequestException> failure) {
    ReadRequest.Pattern wanted = request.getPattern();
    ChannelPattern pattern = new ChannelPattern(wanted.getNamespace(), wanted.getKeyPrefix());
    Folds.Of namespace = folds.namespace(pattern.namespace());
    requireBetween("partition", wanted.getPartition(), 0, namespace.folds().size() - 1);
    return new Call(
        request,
        new Wanted.OfPrefix(
            pattern.prefix().getBytes(StandardCharsets.UTF_8), Set.copyOf(request.getTypesList())),
        PendingRead.Target.of(pattern, namespace, wanted.getPartition()),
        page,
        failure);
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw invalid("%s must be %d to %d, and is %d".formatted(what, min, max, value));
    }
  }

  /** Owned by one thread after the other, see {@link PendingRead}. */
  private final class Call extends PendingRead<ReadPage> {
    private final ReadRequest request;
    private final Wanted wanted;

    /** Where a read by time begins. */
    private long sinceTime;

    Call(
        ReadRequest request,
        Wanted wanted,
        Target target,
        Consumer<ReadPage> page,
        Consumer<RequestException> failure) {
      super(waits, target, page, failure);
      this.request = request;
      this.wanted = wanted;
    }

    @Override
    boolean restsOnAbsence(Head head) {
      boolean foreignBound =
          !request.getAtLeastEpoch().isEmpty() && !request.getAtLeastEpoch().equals(head.epoch());
      return foreignBound
          || (request.hasAfter() && isUnknown(request.getAfter(), head.through(), head))
          || (request.hasBefore() && isUnknown(request.getBefore(), head.through() + 1, head));
    }

    private static boolean isUnknown(Position position, long newest, Head head) {
      return !position.getEpoch().equals(head.epoch()) || position.getOffset() > newest;
    }

    @Override
    void locate() {
      if (request.getStartCase() == ReadRequest.StartCase.TIME_MS) {
        lookUpTime();
      } else {
        awaitBound(Long.MIN_VALUE);
      }
    }

    /** Asks Kafka for the offset of a time, which only Kafka has. */
    private void lookUpTime() {
      if (!timeLookUps.tryAcquire()) {
        fail(
            Readiness.unavailable(
                "this instance is at its limit of "
                    + MAX_TIME_LOOK_UPS
                    + " reads by time; try again"));
        return;
      }
      // Events after this one were written after the question, and belong to the page.
      long newest = fold().head().through();
      waits
          .watch()
          .topics()
          .since(fold().partition(), request.getTimeMs())
          .whenCompleteAsync(
              (offset, failed) -> {
                timeLookUps.release();
                if (failed != null) {
                  fail(Readiness.unavailable("Kafka does not answer"));
                } else {
                  sinceTime = offset < 0 ? newest : offset - 1;
                  awaitBound(sinceTime);
                }
              },
              executor);
    }

    private void awaitBound(long offset) {
      boolean bound = request.getAtLeastEpoch().equals(fold().head().epoch());
      await(bound ? Math.max(offset, request.getAtLeast()) : offset);
    }

    @Override
    ReadPage read() {
      try (Page snapshot = new Page(store, fold().keys(), wanted)) {
        int bytes = request.getMaxBytes() == 0 ? pageBytes : request.getMaxBytes();
        return snapshot.read(start(snapshot.progress()), request.getLimit(), bytes).toBuilder()
            .setPartition(fold().partition().partition())
            .build();
      }
    }

    @Override
    boolean isKnown(ReadPage found) {
      return found.getKnown();
    }

    private Start start(Progress progress) {
      return switch (request.getStartCase()) {
        case AFTER -> {
          Position after = request.getAfter();
          yield isOf(progress, after, progress.through())
              ? new Start.After(after.getOffset())
              : new Start.Foreign();
        }
        case BEFORE -> {
          Position before = request.getBefore();
          yield isOf(progress, before, progress.next())
              ? new Start.Before(before.getOffset())
              : new Start.Foreign();
        }
        case LATEST -> new Start.Latest();
        case EARLIEST -> new Start.Earliest();
        case LAST -> new Start.Last(request.getLast());
        case TIME_MS -> new Start.After(Math.max(sinceTime, progress.earliestPosition()));
        case START_NOT_SET ->
            throw new IllegalStateException("a read without a start was refused before");
      };
    }

    /**
     * Whether a position is of this log.
     *
     * @throws RequestException {@code unavailable} if it is not, and Kafka has not confirmed that
     */
    private boolean isOf(Progress progress, Position position, long newest) {
      boolean known =
          position.getEpoch().equals(progress.epoch().text()) && position.getOffset() <= newest;
      if (!known && !isConfirmed()) {
        throw Readiness.unavailable(Readiness.REBUILDING);
      }
      return known;
    }
  }
}
