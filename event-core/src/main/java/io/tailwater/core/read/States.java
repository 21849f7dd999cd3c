package io.tailwater.core.read;

import com.google.protobuf.InvalidProtocolBufferException;
import io.tailwater.contract.Channel;
import io.tailwater.contract.EntryText;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.StateCursor;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.contract.v1.StateRequest;
import io.tailwater.core.fold.Folds;
import io.tailwater.core.fold.Head;
import io.tailwater.core.fold.Readiness;
import io.tailwater.core.store.StateSnapshot;
import io.tailwater.core.store.Store;
import io.tailwater.core.watch.KafkaWatch;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Safe for any thread: answers reads of what a channel's log folds to. Waits, without a thread,
 * until the fold is as far as the request needs.
 */
public final class States {
  private static final int MAX_ENTRIES = 1_000;
  private static final int MAX_BYTES = 1 << 20;

  private final Folds folds;
  private final Store store;
  private final PendingRead.Waits waits;

  /**
   * Answers from these folds.
   *
   * @param patience longest wait for Kafka or the fold
   */
  public States(
      Folds folds,
      Store store,
      Readiness readiness,
      KafkaWatch watch,
      Duration patience,
      LongSupplier nanoClock) {
    this.folds = folds;
    this.store = store;
    this.waits = new PendingRead.Waits(readiness, watch, patience, nanoClock);
  }

  /**
   * Reads one page. Exactly one of {@code page} and {@code failure} is called, once, on any thread.
   *
   * @throws RequestException if the request cannot be served at all
   */
  public void read(
      StateRequest request, Consumer<StatePage> page, Consumer<RequestException> failure) {
    waits.readiness().require();
    Channel channel = Channel.parse(request.getChannel());
    Folds.Of namespace = folds.namespace(channel.namespace());
    StateKind kind = namespace.namespace().stateKind();
    require(
        kind != StateKind.STATE_NONE,
        "'%s' keeps no state: its channels have events only".formatted(channel.namespace()));
    boolean all = request.getWhichCase() == StateRequest.WhichCase.WHICH_NOT_SET;
    require(kind == StateKind.STATE_MAP || all, "an AI answer has no entries: read it as a whole");
    if (request.hasEntry()) {
      EntryText.requireName(request.getEntry());
    }
    requireBetween("limit", request.getLimit(), MAX_ENTRIES);
    requireBetween("max_bytes", request.getMaxBytes(), MAX_BYTES);
    int home = namespace.namespace().home(channel.keyBytes());
    PendingRead.Target target = PendingRead.Target.of(channel, namespace, home);
    new Call(request, cursor(request), kind, channel.keyBytes(), target, page, failure).begin();
  }

  private static @Nullable StateCursor cursor(StateRequest request) {
    if (request.getAfter().isEmpty()) {
      return null;
    }
    try {
      return StateCursor.parseFrom(request.getAfter());
    } catch (InvalidProtocolBufferException e) {
      throw new RequestException(
          ErrorCode.INVALID_REQUEST, "'after' is the 'next' of the page before, as it was given");
    }
  }

  private static void require(boolean good, String message) {
    if (!good) {
      throw new RequestException(ErrorCode.INVALID_REQUEST, message);
    }
  }

  private static void requireBetween(String what, int value, int max) {
    require(
        value >= 0 && value <= max, "%s must be 0 to %d, and is %d".formatted(what, max, value));
  }

  /** Owned by one thread after the other, see {@link PendingRead}. */
  private final class Call extends PendingRead<StatePage> {
    private final StateRequest request;
    private final @Nullable StateCursor cursor;
    private final StateKind kind;
    private final byte[] channelKey;

    Call(
        StateRequest request,
        @Nullable StateCursor cursor,
        StateKind kind,
        byte[] channelKey,
        Target target,
        Consumer<StatePage> page,
        Consumer<RequestException> failure) {
      super(waits, target, page, failure);
      this.request = request;
      this.cursor = cursor;
      this.kind = kind;
      this.channelKey = channelKey;
    }

    @Override
    boolean restsOnAbsence(Head head) {
      return request.hasMin() && !request.getMin().getEpoch().equals(head.epoch())
          || cursor != null && !cursor.getEpoch().equals(head.epoch());
    }

    @Override
    void locate() {
      if (restsOnAbsence(fold().head())) {
        fail(
            new RequestException(
                ErrorCode.INVALID_POSITION,
                "the position is of another incarnation of the topic: read the state from its"
                    + " beginning"));
        return;
      }
      long min = request.hasMin() ? request.getMin().getOffset() : Long.MIN_VALUE;
      await(cursor == null ? min : Math.max(min, cursor.getPosition()));
    }

    @Override
    public void late() {
      if (request.hasMin()) {
        fail(
            new RequestException(
                ErrorCode.TIMEOUT, "the log has not reached the position of 'min' in time"));
      } else {
        super.late();
      }
    }

    @Override
    StatePage read() {
      try (StateSnapshot snapshot = new StateSnapshot(store, fold().keys(), channelKey)) {
        return from(snapshot);
      }
    }

    @Override
    boolean isKnown(StatePage found) {
      return found.getKnown();
    }

    private StatePage from(StateSnapshot snapshot) {
      int bytes = request.getMaxBytes() == 0 ? MAX_BYTES : request.getMaxBytes();
      if (kind == StateKind.STATE_TEXT) {
        return snapshot.text(cursor, bytes);
      }
      if (request.hasEntry()) {
        return snapshot.entry(request.getEntry());
      }
      int limit = request.getLimit() == 0 ? MAX_ENTRIES : request.getLimit();
      return snapshot.entries(request.getPrefix(), cursor, limit, bytes);
    }
  }
}
