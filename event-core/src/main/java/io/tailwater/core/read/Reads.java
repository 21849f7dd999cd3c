package io.tailwater.core.read;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.Page;
import io.tailwater.core.store.Page.Start;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Store;
import io.tailwater.core.store.StoreException;
import io.tailwater.core.watch.KafkaWatch;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Safe for any thread: answers reads of a channel. Waits, without a thread, until a snapshot
 * reaches far enough for the requested page.
 */
public final class Reads {
  private static final Logger LOG = LoggerFactory.getLogger(Reads.class);
  private static final int MAX_EVENTS = 1_000;
  private static final int MAX_PAGE_BYTES = 1 << 20;
  private static final int MAX_TIME_LOOK_UPS = 200;

  private final Folds folds;
  private final Store store;
  private final Readiness readiness;
  private final KafkaWatch watch;
  private final Duration patience;
  private final int pageBytes;
  private final LongSupplier nanoClock;
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
    this.readiness = readiness;
    this.watch = watch;
    this.patience = patience;
    this.pageBytes = pageBytes;
    this.nanoClock = nanoClock;
    this.executor = executor;
  }

  /**
   * Reads one page. Exactly one of {@code page} and {@code failure} is called, once, on any thread.
   *
   * @throws RequestException if the request cannot be served at all
   */
  public void read(
      ReadRequest request, Consumer<ReadPage> page, Consumer<RequestException> failure) {
    readiness.require();
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    int home = namespace.namespace().home(channel.keyBytes());
    requireBetween("limit", request.getLimit(), 0, MAX_EVENTS);
    requireBetween("max_bytes", request.getMaxBytes(), 0, MAX_PAGE_BYTES);
    requireBetween("last", request.getLast(), 0, MAX_EVENTS);
    if (request.getStartCase() == ReadRequest.StartCase.START_NOT_SET) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "a read needs a start: after, before, latest, earliest, last or time_ms");
    }
    new Call(request, channel, namespace, namespace.folds().get(home), page, failure).begin();
  }

  private static void requireBetween(String what, int value, int min, int max) {
    if (value < min || value > max) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "%s must be %d to %d, and is %d".formatted(what, min, max, value));
    }
  }

  /** Owned by one thread after the other: one read. Each step hands it on safely. */
  private final class Call implements Passage.Waiter {
    private final ReadRequest request;
    private final Channel channel;
    private final Folds.Of namespace;
    private final PartitionFold fold;
    private final Consumer<ReadPage> page;
    private final Consumer<RequestException> failure;
    private final long deadline = nanoClock.getAsLong() + patience.toNanos();

    /** The fold has passed an end that Kafka had after the request, in the present epoch. */
    private boolean confirmed;

    /** Where a read by time begins. */
    private long sinceTime;

    Call(
        ReadRequest request,
        Channel channel,
        Folds.Of namespace,
        PartitionFold fold,
        Consumer<ReadPage> page,
        Consumer<RequestException> failure) {
      this.request = request;
      this.channel = channel;
      this.namespace = namespace;
      this.fold = fold;
      this.page = page;
      this.failure = failure;
    }

    void begin() {
      Head head = fold.head();
      if (!head.caughtUp()) {
        failure.accept(Readiness.unavailable(Readiness.REBUILDING));
      } else if (restsOnAbsence(head)) {
        confirm();
      } else {
        locate();
      }
    }

    /** A position that the fold does not know may be one that it has not reached yet. */
    private boolean restsOnAbsence(Head head) {
      boolean foreignBound =
          !request.getAtLeastEpoch().isEmpty() && !request.getAtLeastEpoch().equals(head.epoch());
      return foreignBound
          || (request.hasAfter() && isUnknown(request.getAfter(), head.through(), head))
          || (request.hasBefore() && isUnknown(request.getBefore(), head.through() + 1, head));
    }

    private static boolean isUnknown(Position position, long newest, Head head) {
      return !position.getEpoch().equals(head.epoch()) || position.getOffset() > newest;
    }

    private void confirm() {
      if (isTooFarBehind()) {
        late();
        return;
      }
      watch.confirm(
          namespace,
          fold,
          deadline,
          () -> {
            confirmed = true;
            locate();
          },
          failure);
    }

    /** Asks Kafka for the offset of a time, which only Kafka has. */
    private void locate() {
      if (request.getStartCase() != ReadRequest.StartCase.TIME_MS) {
        await(Long.MIN_VALUE);
        return;
      }
      if (!timeLookUps.tryAcquire()) {
        failure.accept(
            Readiness.unavailable(
                "this instance is at its limit of "
                    + MAX_TIME_LOOK_UPS
                    + " reads by time; try again"));
        return;
      }
      // Events after this one were written after the question, and belong to the page.
      long newest = fold.head().through();
      watch
          .topics()
          .since(fold.partition(), request.getTimeMs())
          .whenCompleteAsync(
              (offset, failed) -> {
                timeLookUps.release();
                if (failed != null) {
                  failure.accept(Readiness.unavailable("Kafka does not answer"));
                } else {
                  sinceTime = offset < 0 ? newest : offset - 1;
                  await(sinceTime);
                }
              },
              executor);
    }

    private void await(long offset) {
      boolean bound = request.getAtLeastEpoch().equals(fold.head().epoch());
      long min = bound ? Math.max(offset, request.getAtLeast()) : offset;
      if (min > fold.head().through() && isTooFarBehind()) {
        late();
      } else {
        fold.passage().await(min, deadline, this);
      }
    }

    /** Whether waiting is useless, while another instance may answer at once. */
    private boolean isTooFarBehind() {
      return readiness.lag().compareTo(patience) > 0;
    }

    @Override
    public void passed() {
      try {
        answer();
      } catch (RequestException e) {
        failure.accept(e);
      } catch (StoreException e) {
        failure.accept(Readiness.unavailable("this instance cannot read its store"));
      } catch (RuntimeException e) {
        LOG.error("reading {} failed", channel, e);
        failure.accept(new RequestException(ErrorCode.INTERNAL, "internal error"));
      }
    }

    @Override
    public void late() {
      failure.accept(Readiness.unavailable(Readiness.BEHIND));
    }

    private void answer() {
      Head before = fold.head();
      ReadPage found;
      try (Page snapshot = new Page(store, fold.keys(), channel.keyBytes())) {
        int bytes = request.getMaxBytes() == 0 ? pageBytes : request.getMaxBytes();
        found = snapshot.read(start(snapshot.progress()), request.getLimit(), bytes);
      }
      if (!before.caughtUp() || fold.head().begun() != before.begun()) {
        failure.accept(Readiness.unavailable(Readiness.REBUILDING));
      } else if (!found.getKnown() && namespace.namespace().platformOnly() && !confirmed) {
        confirm();
      } else {
        page.accept(found.toBuilder().setPartition(fold.partition().partition()).build());
      }
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
      if (!known && !confirmed) {
        throw Readiness.unavailable(Readiness.REBUILDING);
      }
      return known;
    }
  }
}
