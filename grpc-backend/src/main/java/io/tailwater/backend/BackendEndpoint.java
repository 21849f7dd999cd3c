package io.tailwater.backend;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.backend.chat.RoomLog;
import io.tailwater.client.ChannelLog;
import io.tailwater.contract.RefusedCall;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.backend.v1.AuthorizeAnswer;
import io.tailwater.contract.backend.v1.AuthorizeRequest;
import io.tailwater.contract.backend.v1.BackendGrpc.BackendImplBase;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.ImportSummary;
import io.tailwater.contract.backend.v1.ImportedMessage;
import io.tailwater.contract.backend.v1.RoomMessage;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.contract.backend.v1.WatchRequest;
import jakarta.inject.Singleton;
import java.time.Duration;

/** Serves {@code tailwater.backend.v1}. Any thread. */
@Singleton
final class BackendEndpoint extends BackendImplBase {
  private static final Duration ALLOWED_FOR = Duration.ofMinutes(1);

  /** Name of the threads of those who watch rooms. */
  private static final String WATCH_THREAD = "backend-watch";

  private final GatewayStreams streams;
  private final Dispatch dispatch;
  private final RoomLog rooms;
  private final ChannelLog log;

  BackendEndpoint(GatewayStreams streams, Dispatch dispatch, RoomLog rooms, ChannelLog log) {
    this.streams = streams;
    this.dispatch = dispatch;
    this.rooms = rooms;
    this.log = log;
  }

  @Override
  public StreamObserver<FromGateway> connect(StreamObserver<ToGateway> gateway) {
    return streams.open((ServerCallStreamObserver<ToGateway>) gateway);
  }

  @Override
  public void call(CallRequest request, StreamObserver<CallAnswer> caller) {
    ((ServerCallStreamObserver<CallAnswer>) caller).setOnCancelHandler(() -> {});
    dispatch
        .call(request)
        .thenAccept(
            answer -> {
              caller.onNext(answer);
              caller.onCompleted();
            });
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<RoomMessage> watcher) {
    try {
      Thread.ofVirtual()
          .name(WATCH_THREAD)
          .start(RoomWatch.of(log, request, (ServerCallStreamObserver<RoomMessage>) watcher));
    } catch (RequestException e) {
      watcher.onError(RefusedCall.of(e));
    }
  }

  @Override
  public StreamObserver<ImportedMessage> import_(StreamObserver<ImportSummary> caller) {
    return new RoomImport(rooms, (ServerCallStreamObserver<ImportSummary>) caller);
  }

  /** This backend leaves rights to tokens. */
  @Override
  public void authorize(AuthorizeRequest request, StreamObserver<AuthorizeAnswer> gateway) {
    gateway.onNext(
        AuthorizeAnswer.newBuilder().setAllowed(true).setTtlMs(ALLOWED_FOR.toMillis()).build());
    gateway.onCompleted();
  }
}
