package io.tailwater.backend;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.ToGateway;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The streams of all gateways. Any thread. */
final class GatewayStreams implements AutoCloseable {
  private final Dispatch dispatch;
  private final BackendConfiguration configuration;
  private final Set<GatewayStream> streams = ConcurrentHashMap.newKeySet();
  private final CountDownLatch none = new CountDownLatch(1);
  private volatile boolean closed;

  GatewayStreams(Dispatch dispatch, BackendConfiguration configuration, MeterRegistry meters) {
    this.dispatch = dispatch;
    this.configuration = configuration;
    Gauge.builder("tailwater.backend.streams", streams, Set::size)
        .description("gateways that are connected")
        .register(meters);
  }

  /** Takes the stream of a gateway. */
  StreamObserver<FromGateway> open(ServerCallStreamObserver<ToGateway> gateway) {
    GatewayStream stream =
        new GatewayStream(gateway, dispatch, configuration.calls(), this::remove);
    streams.add(stream);
    if (closed) {
      stream.leave();
    }
    return stream;
  }

  private void remove(GatewayStream stream) {
    streams.remove(stream);
    if (closed && streams.isEmpty()) {
      none.countDown();
    }
  }

  /** Ends all streams, each once its calls are answered or the grace is over. */
  @Override
  public void close() {
    closed = true;
    if (streams.isEmpty()) {
      return;
    }
    streams.forEach(GatewayStream::leave);
    try {
      if (!none.await(configuration.shutdownGrace().toMillis(), TimeUnit.MILLISECONDS)) {
        streams.clear();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
