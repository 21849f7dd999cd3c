package io.tailwater.core;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import io.tailwater.core.Page.Start;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers reads of a channel: waits, without a thread, until the snapshot that the page comes from
 * reaches far enough for what the page says. Safe for any thread.
 */
final class Reads {
  private static final Logger LOG = LoggerFactory.getLogger(Reads.class);
  private static final int MOST_EVENTS = 1_000;
  private static final int MOST_PAGE_BYTES = 1 << 20;
  private static final int MOST_TIME_LOOK_UPS = 200;

  private final Folds folds;
  private final Store store;
  private final Readiness readiness;
  private final KafkaWatch watch;
  private final CoreConfiguration configuration;
  private final LongSupplier nanoClock;
  private final Executor executor;
  private final Semaphore timeLookUps = new Semaphore(MOST_TIME_LOOK_UPS);

  Reads(
      Folds folds,
      Store store,
      Readiness readiness,
      KafkaWatch watch,
      CoreConfiguration configuration,
      LongSupplier nanoClock,
      Executor executor) {
    this.folds = folds;
    this.store = store;
    this.readiness = readiness;
    this.watch = watch;
    this.configuration = configuration;
    this.nanoClock = nanoClock;
    this.executor = executor;
  }

  /**
   * Reads one page; exactly one of the two is called, once, on any thread.
   *
   * @throws RequestException if the request cannot be served at all
   */
  void read(ReadRequest request, Consumer<ReadPage> page, Consumer<RequestException> failure) {
    readiness.require();
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    int home = namespace.namespace().home(channel.keyBytes());
    requireBetween("limit", request.getLimit(), 0, MOST_EVENTS);
    requireBetween("max_bytes", request.getMaxBytes(), 0, MOST_PAGE_BYTES);
    requireBetween("last", request.getLast(), 0, MOST_EVENTS);
    if (request.getStartCase() == ReadRequest.StartCase.START_NOT_SET) {
      throw new RequestException(ErrorCode.INVALID_REQUEST, "a read needs to say where it begins");
    }
    new Call(request, channel, namespace, namespace.folds().get(home), page, failure).begin();
  }

  private static void requireBetween(String what, int value, int least, int most) {
    if (value < least || value > most) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "%s is %d to %d".formatted(what, least, most));
    }
  }

  /** One read on its way. Its steps follow each other, on changing threads. */
  private final class Call implements Passage.Waiter {
    private final ReadRequest request;
    private final Channel channel;
    private final Folds.Of namespace;
    private final PartitionFold fold;
    private final Consumer<ReadPage> page;
    private final Consumer<RequestException> failure;
    private final long deadline = nanoClock.getAsLong() + configuration.readTimeout().toNanos();

    /** The fold, in its present epoch, has passed an end that Kafka had after the request. */
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
        failure.accept(KafkaWatch.unavailable("this partition is being read anew"));
      } else if (restsOnAbsence(head)) {
        confirm();
      } else {
        locate();
      }
    }

    /** A position that the fold does not know may only be one that it does not know yet. */
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

    /** Asks Kafka for what only Kafka has: the offset of a time. */
    private void locate() {
      if (request.getStartCase() != ReadRequest.StartCase.TIME_MS) {
        await(Long.MIN_VALUE);
        return;
      }
      if (!timeLookUps.tryAcquire()) {
        failure.accept(KafkaWatch.unavailable("too many reads by time at once"));
        return;
      }
      // What comes after this was written after the question, and belongs into the page.
      long newest = fold.head().through();
      watch
          .topics()
          .since(fold.partition(), request.getTimeMs())
          .whenCompleteAsync(
              (offset, failed) -> {
                timeLookUps.release();
                if (failed != null) {
                  failure.accept(KafkaWatch.unavailable("Kafka does not answer"));
                } else {
                  sinceTime = offset < 0 ? newest : offset - 1;
                  await(sinceTime);
                }
              },
              executor);
    }

    private void await(long offset) {
      boolean bound = request.getAtLeastEpoch().equals(fold.head().epoch());
      long least = bound ? Math.max(offset, request.getAtLeast()) : offset;
      if (least > fold.head().through() && isTooFarBehind()) {
        late();
      } else {
        fold.passage().await(least, deadline, this);
      }
    }

    /** Waiting would be in vain; another instance may answer at once. */
    private boolean isTooFarBehind() {
      return readiness.lag().compareTo(configuration.readTimeout()) > 0;
    }

    @Override
    public void passed() {
      try {
        answer();
      } catch (RequestException e) {
        failure.accept(e);
      } catch (StoreException e) {
        failure.accept(KafkaWatch.unavailable("this instance cannot read its store"));
      } catch (RuntimeException e) {
        LOG.error("a read of {} failed", channel, e);
        failure.accept(new RequestException(ErrorCode.INTERNAL, "internal error"));
      }
    }

    @Override
    public void late() {
      failure.accept(KafkaWatch.unavailable("this instance is behind Kafka"));
    }

    private void answer() {
      Head before = fold.head();
      ReadPage found;
      try (Page snapshot = new Page(store, fold.keys(), channel.keyBytes())) {
        int bytes = request.getMaxBytes() == 0 ? configuration.pageBytes() : request.getMaxBytes();
        found = snapshot.read(start(snapshot.progress()), request.getLimit(), bytes);
      }
      if (!before.caughtUp() || fold.head().begun() != before.begun()) {
        failure.accept(KafkaWatch.unavailable("this partition is being read anew"));
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
        case START_NOT_SET -> throw new IllegalStateException("was checked before");
      };
    }

    /**
     * Whether a position is of this log.
     *
     * @throws RequestException {@code unavailable} if it is not, and Kafka was not asked
     */
    private boolean isOf(Progress progress, Position position, long newest) {
      boolean known =
          position.getEpoch().equals(progress.epoch().text()) && position.getOffset() <= newest;
      if (!known && !confirmed) {
        throw KafkaWatch.unavailable("this partition is being read anew");
      }
      return known;
    }
  }
}
