package io.tailwater.core.read;

import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.PartitionFold;
import io.tailwater.core.fold.Passage;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.StoreException;
import io.tailwater.core.watch.KafkaWatch;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owned by one thread after the other: one read of a partition. Waits, without a thread, until the
 * fold is as far as the read needs. Then it gives its page or a failure, exactly one of them, once.
 * Each step hands it on safely.
 */
abstract class PendingRead<P> implements Passage.Waiter {
  private static final Logger LOG = LoggerFactory.getLogger(PendingRead.class);

  /**
   * Immutable: what reads wait with.
   *
   * @param patience longest wait for Kafka or the fold
   */
  record Waits(Readiness readiness, KafkaWatch watch, Duration patience, LongSupplier nanoClock) {}

  /** Immutable: what a read is of. */
  record Target(Scope scope, Folds.Of namespace, PartitionFold fold) {
    /** A scope in one partition of its namespace. */
    static Target of(Scope scope, Folds.Of namespace, int partition) {
      return new Target(scope, namespace, namespace.folds().get(partition));
    }
  }

  private final Waits waits;
  private final Target target;
  private final Consumer<P> page;
  private final Consumer<RequestException> failure;
  private final long deadline;
  private boolean confirmed;

  PendingRead(Waits waits, Target target, Consumer<P> page, Consumer<RequestException> failure) {
    this.waits = waits;
    this.target = target;
    this.page = page;
    this.failure = failure;
    this.deadline = waits.nanoClock().getAsLong() + waits.patience().toNanos();
  }

  /** Whether the request has a position that the fold does not know, or does not know yet. */
  abstract boolean restsOnAbsence(Head head);

  /** Finds the offset that the fold must have passed, and calls {@link #await} with it. */
  abstract void locate();

  /** Reads the page from the store, as it is now. */
  abstract P read();

  /** Whether anything is left of what was read. */
  abstract boolean isKnown(P found);

  final PartitionFold fold() {
    return target.fold();
  }

  /** Whether the fold has passed an end that Kafka had after the request, in its present epoch. */
  final boolean isConfirmed() {
    return confirmed;
  }

  final void begin() {
    Head head = fold().head();
    if (!head.caughtUp()) {
      fail(Readiness.unavailable(Readiness.REBUILDING));
    } else if (restsOnAbsence(head)) {
      confirm();
    } else {
      locate();
    }
  }

  /** Only Kafka knows whether something is absent, or newer than this fold. */
  private void confirm() {
    if (isTooFarBehind()) {
      fail(Readiness.unavailable(Readiness.BEHIND));
      return;
    }
    waits
        .watch()
        .confirm(
            target.namespace(),
            fold(),
            deadline,
            () -> {
              confirmed = true;
              locate();
            },
            failure);
  }

  /** Answers once the fold has passed an offset. */
  final void await(long offset) {
    if (offset > fold().head().through() && isTooFarBehind()) {
      fail(Readiness.unavailable(Readiness.BEHIND));
    } else {
      fold().passage().await(offset, deadline, this);
    }
  }

  /** Whether waiting is useless, while another instance may answer at once. */
  private boolean isTooFarBehind() {
    return waits.readiness().lag().compareTo(waits.patience()) > 0;
  }

  @Override
  public final void passed() {
    try {
      answer();
    } catch (RequestException e) {
      fail(e);
    } catch (StoreException e) {
      fail(Readiness.unavailable("this instance cannot read its store"));
    } catch (RuntimeException e) {
      LOG.error("reading {} failed", target.scope(), e);
      fail(new RequestException(ErrorCode.INTERNAL, "internal error"));
    }
  }

  @Override
  public void late() {
    fail(Readiness.unavailable(Readiness.BEHIND));
  }

  final void fail(RequestException reason) {
    failure.accept(reason);
  }

  private void answer() {
    Head before = fold().head();
    P found = read();
    if (!before.caughtUp() || fold().head().begun() != before.begun()) {
      fail(Readiness.unavailable(Readiness.REBUILDING));
    } else if (!isKnown(found) && target.namespace().namespace().platformOnly() && !confirmed) {
      confirm();
    } else {
      page.accept(found);
    }
  }
}
