package io.tailwater.core.read;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.FollowPage;
import io.tailwater.contract.v1.FollowRequest;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.watch.KafkaWatch;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Safe for any thread: answers followers of a partition, from its ring. */
public final class Follows {
  private static final int MAX_WAIT_MS = 30_000;

  private final Folds folds;
  private final Readiness readiness;
  private final KafkaWatch watch;
  private final Duration patience;
  private final int maxBytes;
  private final LongSupplier nanoClock;

  /**
   * Answers from these folds.
   *
   * @param patience longest wait for Kafka or the fold, to confirm a position
   * @param maxBytes of one answer, but never less than one segment
   */
  public Follows(
      Folds folds,
      Readiness readiness,
      KafkaWatch watch,
      Duration patience,
      int maxBytes,
      LongSupplier nanoClock) {
    this.folds = folds;
    this.readiness = readiness;
    this.watch = watch;
    this.patience = patience;
    this.maxBytes = maxBytes;
    this.nanoClock = nanoClock;
  }

  /**
   * Answers with the segments after a position, or waits for the next one. Exactly one of {@code
   * page} and {@code failure} is called, once, on any thread.
   *
   * @throws RequestException if the request cannot be served at all
   */
  public void follow(
      FollowRequest request, Consumer<FollowPage> page, Consumer<RequestException> failure) {
    readiness.require();
    Folds.Of namespace = folds.namespace(request.getNamespace());
    int partition = request.getPartition();
    if (partition < 0 || partition >= namespace.folds().size()) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST,
          "'%s' has partitions 0 to %d"
              .formatted(request.getNamespace(), namespace.folds().size() - 1));
    }
    int waitMs = Math.clamp(request.getWaitMs(), 0, MAX_WAIT_MS);
    new Call(request, namespace, namespace.folds().get(partition), page, failure).answer(waitMs);
  }

  private final class Call {
    private final FollowRequest request;
    private final Folds.Of namespace;
    private final PartitionFold fold;
    private final Consumer<FollowPage> page;
    private final Consumer<RequestException> failure;

    Call(
        FollowRequest request,
        Folds.Of namespace,
        PartitionFold fold,
        Consumer<FollowPage> page,
        Consumer<RequestException> failure) {
      this.request = request;
      this.namespace = namespace;
      this.fold = fold;
      this.page = page;
      this.failure = failure;
    }

    void answer(int waitMs) {
      Head head = fold.head();
      if (!head.caughtUp()) {
        failure.accept(Readiness.unavailable(Readiness.REBUILDING));
      } else if (!request.getEpoch().equals(head.epoch())) {
        confirmForeign();
      } else if (request.getAfter() > head.through()) {
        page.accept(outcome(FollowPage.Outcome.BEHIND));
      } else if (request.getAfter() < head.earliest() || !fold.ring().holds(request.getAfter())) {
        page.accept(outcome(FollowPage.Outcome.TOO_OLD));
      } else {
        segments(waitMs);
      }
    }

    private void segments(int waitMs) {
      List<Segment> found = fold.ring().after(request.getAfter(), maxBytes);
      if (!found.isEmpty() && !found.getFirst().getEpoch().equals(request.getEpoch())) {
        failure.accept(Readiness.unavailable(Readiness.REBUILDING));
      } else if (!found.isEmpty() && found.getFirst().getFrom() != request.getAfter()) {
        // The next segment was dropped between the two looks at the ring.
        page.accept(outcome(FollowPage.Outcome.TOO_OLD));
      } else if (found.isEmpty() && waitMs > 0) {
        await(waitMs);
      } else {
        page.accept(outcome(FollowPage.Outcome.SEGMENTS).toBuilder().addAllSegments(found).build());
      }
    }

    private void await(int waitMs) {
      long deadline = nanoClock.getAsLong() + Duration.ofMillis(waitMs).toNanos();
      fold.passage()
          .await(
              request.getAfter() + 1,
              deadline,
              new Passage.Waiter() {
                @Override
                public void passed() {
                  answer(0);
                }

                @Override
                public void late() {
                  answer(0);
                }
              });
    }

    private void confirmForeign() {
      long deadline = nanoClock.getAsLong() + patience.toNanos();
      watch.confirm(
          namespace,
          fold,
          deadline,
          () -> {
            if (request.getEpoch().equals(fold.head().epoch())) {
              answer(0);
            } else {
              page.accept(outcome(FollowPage.Outcome.FOREIGN));
            }
          },
          failure);
    }

    private FollowPage outcome(FollowPage.Outcome outcome) {
      Head head = fold.head();
      return FollowPage.newBuilder()
          .setOutcome(outcome)
          .setEpoch(head.epoch())
          .setThrough(head.through())
          .setEarliest(head.earliest())
          .build();
    }
  }
}
