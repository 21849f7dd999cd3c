package io.tailwater.core;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.PublishBatch;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.contract.v1.PublishVerdict;
import io.tailwater.contract.v1.PublishVerdicts;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** One instance's gRPC service, as a gateway would call it. */
final class CoreClient implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ServiceChannel channel;

  CoreClient(int port) {
    channel =
        ServiceChannel.open(List.of("127.0.0.1:" + port), EventCoreGrpc.getServiceDescriptor());
  }

  EventCoreGrpc.EventCoreBlockingStub calls() {
    return EventCoreGrpc.newBlockingStub(channel)
        .withDeadlineAfter(PATIENCE.toSeconds(), TimeUnit.SECONDS);
  }

  Stream stream() {
    return new Stream(EventCoreGrpc.newStub(channel));
  }

  ReadPage read(ReadRequest.Builder request) {
    return calls().read(request.build());
  }

  /** Publishes one event on a stream of its own and waits for the verdict. */
  PublishVerdict publish(PublishRequest.Builder request) {
    try (Stream stream = stream()) {
      return stream.publish(request).orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join();
    }
  }

  static PublishRequest.Builder event(String channel, String data) {
    return PublishRequest.newBuilder().setChannel(channel).setData(ByteString.copyFromUtf8(data));
  }

  static ReadRequest.Builder all(String channel) {
    return ReadRequest.newBuilder()
        .setChannel(channel)
        .setLimit(1000)
        .setEarliest(io.tailwater.contract.v1.Earliest.getDefaultInstance());
  }

  @Override
  public void close() {
    channel.close();
  }

  ServiceChannel channel() {
    return channel;
  }

  /** Takes an answer that no one needs. */
  static final class Ignored<T> implements StreamObserver<T> {
    @Override
    public void onNext(T message) {}

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }

  /** One bidi stream of publications. */
  static final class Stream implements StreamObserver<PublishVerdicts>, AutoCloseable {
    private final AtomicLong seq = new AtomicLong();
    private final AtomicInteger messages = new AtomicInteger();
    private final Map<Long, CompletableFuture<PublishVerdict>> waiting = new ConcurrentHashMap<>();
    private final StreamObserver<PublishBatch> requests;

    Stream(EventCoreGrpc.EventCoreStub stub) {
      requests = stub.publish(this);
    }

    CompletableFuture<PublishVerdict> publish(PublishRequest.Builder request) {
      return publish(List.of(request)).getFirst();
    }

    /** Publishes these in one batch. */
    synchronized List<CompletableFuture<PublishVerdict>> publish(
        List<PublishRequest.Builder> several) {
      PublishBatch.Builder batch = PublishBatch.newBuilder();
      List<CompletableFuture<PublishVerdict>> verdicts = new ArrayList<>();
      for (PublishRequest.Builder request : several) {
        long number = seq.incrementAndGet();
        CompletableFuture<PublishVerdict> verdict = new CompletableFuture<>();
        waiting.put(number, verdict);
        verdicts.add(verdict);
        batch.addRequests(request.setSeq(number));
      }
      requests.onNext(batch.build());
      return verdicts;
    }

    /** Messages with verdicts that have come. */
    int messages() {
      return messages.get();
    }

    @Override
    public void onNext(PublishVerdicts verdicts) {
      messages.incrementAndGet();
      for (PublishVerdict verdict : verdicts.getVerdictsList()) {
        CompletableFuture<PublishVerdict> waiter = waiting.remove(verdict.getSeq());
        if (waiter != null) {
          waiter.complete(verdict);
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      waiting.values().forEach(waiter -> waiter.completeExceptionally(failure));
    }

    @Override
    public void onCompleted() {
      onError(new IllegalStateException("the stream ended without a verdict"));
    }

    @Override
    public void close() {
      requests.onCompleted();
    }
  }
}
