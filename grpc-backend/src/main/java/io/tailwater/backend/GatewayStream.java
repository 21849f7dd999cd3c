package io.tailwater.backend;

import io.grpc.SynchronizationContext;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.ToGateway;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream of one gateway. Its state is owned by a {@link SynchronizationContext}, a queue that
 * callers run one at a time. No more messages are read than calls may run at the same time, and
 * none while the gateway does not read its answers.
 */
final class GatewayStream implements StreamObserver<FromGateway> {
  private static final Logger LOG = LoggerFactory.getLogger(GatewayStream.class);

  private final ServerCallStreamObserver<ToGateway> gateway;
  private final Dispatch dispatch;
  private final Consumer<GatewayStream> onEnd;
  private final SynchronizationContext order =
      new SynchronizationContext((thread, failure) -> LOG.error("a gateway's stream", failure));

  private int running;
  private int unread;
  private boolean leaving;
  private boolean ended;
  private volatile String name = "a gateway";

  /**
   * Begins to read.
   *
   * @param calls most calls that run at the same time
   * @param onEnd called once, when the stream has ended
   */
  GatewayStream(
      ServerCallStreamObserver<ToGateway> gateway,
      Dispatch dispatch,
      int calls,
      Consumer<GatewayStream> onEnd) {
    this.gateway = gateway;
    this.dispatch = dispatch;
    this.onEnd = onEnd;
    gateway.disableAutoRequest();
    gateway.setOnReadyHandler(() -> order.execute(this::readOn));
    gateway.setOnCancelHandler(() -> order.execute(this::end));
    gateway.request(calls);
  }

  @Override
  public void onNext(FromGateway message) {
    switch (message.getMessageCase()) {
      case CALL -> onCall(message.getCall());
      case HELLO -> {
        name = message.getHello().getGateway();
        LOG.info("{} is connected", name);
        order.execute(this::handled);
      }
      case OPENED, RESUMED, CLOSED, CANCEL, ANSWER, ACKNOWLEDGED, MESSAGE_NOT_SET ->
          // Calls take milliseconds, and this backend keeps nothing of connections.
          order.execute(this::handled);
    }
  }

  private void onCall(CallRequest call) {
    order.execute(() -> running++);
    dispatch.call(call).thenAccept(answer -> order.execute(() -> onAnswer(answer)));
  }

  private void onAnswer(CallAnswer answer) {
    order.throwIfNotInThisSynchronizationContext();
    running--;
    if (!ended) {
      gateway.onNext(ToGateway.newBuilder().setAnswer(answer).build());
      handled();
      endIfIdle();
    }
  }

  private void handled() {
    order.throwIfNotInThisSynchronizationContext();
    unread++;
    readOn();
  }

  private void readOn() {
    order.throwIfNotInThisSynchronizationContext();
    if (!ended && gateway.isReady() && unread > 0) {
      gateway.request(unread);
      unread = 0;
    }
  }

  /** Ends the stream once its calls are answered; the gateway sends further ones elsewhere. */
  void leave() {
    order.execute(
        () -> {
          leaving = true;
          endIfIdle();
        });
  }

  private void endIfIdle() {
    order.throwIfNotInThisSynchronizationContext();
    if (leaving && running == 0 && !ended) {
      gateway.onCompleted();
      end();
    }
  }

  private void end() {
    order.throwIfNotInThisSynchronizationContext();
    if (!ended) {
      ended = true;
      onEnd.accept(this);
    }
  }

  @Override
  public void onError(Throwable failure) {
    LOG.info("{} has gone: {}", name, failure.getMessage());
    order.execute(this::end);
  }

  @Override
  public void onCompleted() {
    LOG.info("{} leaves", name);
    leave();
  }
}
