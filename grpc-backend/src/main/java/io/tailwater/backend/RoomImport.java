package io.tailwater.backend;

import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.backend.chat.RoomLog;
import io.tailwater.backend.method.CallFailure;
import io.tailwater.client.Verdict;
import io.tailwater.contract.backend.v1.Failure;
import io.tailwater.contract.backend.v1.ImportSummary;
import io.tailwater.contract.backend.v1.ImportSummary.Refusal;
import io.tailwater.contract.backend.v1.ImportedMessage;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of messages to import. Its state is owned by a {@link SynchronizationContext}. A few
 * messages wait for their verdicts at the same time, and no more are read meanwhile.
 */
final class RoomImport implements StreamObserver<ImportedMessage> {
  private static final Logger LOG = LoggerFactory.getLogger(RoomImport.class);
  private static final int MAX_WAITING = 32;
  private static final int MAX_REFUSALS = 100;

  private final RoomLog log;
  private final ServerCallStreamObserver<ImportSummary> caller;
  private final SynchronizationContext order =
      new SynchronizationContext((thread, failure) -> LOG.error("an import", failure));
  private final ImportSummary.Builder summary = ImportSummary.newBuilder();
  private long received;
  private int waiting;
  private boolean complete;

  RoomImport(RoomLog log, ServerCallStreamObserver<ImportSummary> caller) {
    this.log = log;
    this.caller = caller;
    caller.setOnCancelHandler(() -> {});
    caller.disableAutoRequest();
    caller.request(MAX_WAITING);
  }

  @Override
  public void onNext(ImportedMessage message) {
    CompletableFuture<Verdict.Stored> stored = begin(message);
    order.execute(
        () -> {
          long index = received++;
          waiting++;
          stored.whenComplete(
              (verdict, failure) -> order.execute(() -> onVerdict(index, verdict, failure)));
        });
  }

  private CompletableFuture<Verdict.Stored> begin(ImportedMessage message) {
    try {
      return log.importMessage(message);
    } catch (RuntimeException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private void onVerdict(
      long index, Verdict.@Nullable Stored verdict, @Nullable Throwable failure) {
    order.throwIfNotInThisSynchronizationContext();
    waiting--;
    if (verdict != null && verdict.duplicate()) {
      summary.setDuplicates(summary.getDuplicates() + 1);
    } else if (verdict != null) {
      summary.setStored(summary.getStored() + 1);
    } else if (failure != null) {
      refused(index, CallFailure.read(failure));
    }
    caller.request(1);
    endIfComplete();
  }

  private void refused(long index, Failure why) {
    summary.setRefused(summary.getRefused() + 1);
    if (summary.getRefusalsCount() < MAX_REFUSALS) {
      summary.addRefusals(
          Refusal.newBuilder().setIndex(index).setCode(why.getCode()).setMessage(why.getMessage()));
    }
  }

  private void endIfComplete() {
    if (complete && waiting == 0) {
      complete = false;
      caller.onNext(summary.build());
      caller.onCompleted();
    }
  }

  @Override
  public void onError(Throwable failure) {
    LOG.debug("an import was broken off", failure);
  }

  @Override
  public void onCompleted() {
    order.execute(
        () -> {
          complete = true;
          endIfComplete();
        });
  }
}
