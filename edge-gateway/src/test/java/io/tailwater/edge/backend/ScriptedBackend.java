package io.tailwater.edge.backend;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.backend.v1.BackendGrpc.BackendImplBase;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.Result;
import io.tailwater.contract.backend.v1.ToGateway;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;

/** A backend whose answers each test gives by hand. Any thread. */
final class ScriptedBackend implements AutoCloseable {
  final Queue<FromGateway> received = new ConcurrentLinkedQueue<>();
  final List<ServerCallStreamObserver<ToGateway>> streams = new CopyOnWriteArrayList<>();
  private final Server server;
  private volatile boolean reads = true;

  ScriptedBackend(int port) {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .addService(new Service())
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  int port() {
    return server.getPort();
  }

  /** From the next stream on, nothing is read beyond what gRPC reads by itself. */
  void readNothing() {
    reads = false;
  }

  List<CallRequest> calls() {
    return received.stream().filter(FromGateway::hasCall).map(FromGateway::getCall).toList();
  }

  void answer(CallAnswer answer) {
    ServerCallStreamObserver<ToGateway> stream = streams.getLast();
    synchronized (stream) {
      stream.onNext(ToGateway.newBuilder().setAnswer(answer).build());
    }
  }

  static CallAnswer result(long id, String json) {
    return CallAnswer.newBuilder()
        .setId(id)
        .setResult(Result.newBuilder().setData(ByteString.copyFromUtf8(json)))
        .build();
  }

  private final class Service extends BackendImplBase {
    @Override
    public StreamObserver<FromGateway> connect(StreamObserver<ToGateway> gateway) {
      ServerCallStreamObserver<ToGateway> stream = (ServerCallStreamObserver<ToGateway>) gateway;
      if (!reads) {
        stream.disableAutoRequest();
      }
      streams.add(stream);
      return new StreamObserver<>() {
        @Override
        public void onNext(FromGateway message) {
          received.add(message);
        }

        @Override
        public void onError(Throwable failure) {}

        @Override
        public void onCompleted() {}
      };
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
  }
}
