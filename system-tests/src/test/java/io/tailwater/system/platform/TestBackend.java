package io.tailwater.system.platform;

import com.google.protobuf.ByteString;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.backend.v1.Acknowledged;
import io.tailwater.contract.backend.v1.AuthorizeAnswer;
import io.tailwater.contract.backend.v1.AuthorizeRequest;
import io.tailwater.contract.backend.v1.BackendGrpc.BackendImplBase;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Connection;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.Encoding;
import io.tailwater.contract.backend.v1.End;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.Join;
import io.tailwater.contract.backend.v1.Leave;
import io.tailwater.contract.backend.v1.Push;
import io.tailwater.contract.backend.v1.Result;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.system.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A backend whose methods are what a test needs: {@code echo} and {@code socketio.emit}; {@code
 * wait.MS} answers later; {@code never}; {@code session}; {@code twice}; {@code rubbish}; {@code
 * push}, {@code join}, {@code leave} and {@code end} do so to the caller; {@code ask.MS} pushes to
 * the caller what it has sent, and answers with what it acknowledges in time; {@code arguments}
 * pushes and answers with the arguments that it has got; {@code handshake} answers with what was
 * known when the caller's connection began. Any thread.
 */
public final class TestBackend implements AutoCloseable {
  public final LinkedBlockingQueue<Done> done = new LinkedBlockingQueue<>();

  /** Connections that were opened, resumed and closed. */
  public final LinkedBlockingQueue<FromGateway> news = new LinkedBlockingQueue<>();

  /** What clients have acknowledged, or not. */
  public final List<Acknowledged> acknowledged = new CopyOnWriteArrayList<>();

  private final Map<String, Connection> opened = new ConcurrentHashMap<>();

  /** What was asked whether it is allowed. */
  public final List<String> questions = new CopyOnWriteArrayList<>();

  /** How often each call with a key was carried out. */
  public final Map<String, AtomicInteger> carriedOut = new ConcurrentHashMap<>();

  private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("test-backend").factory());
  private final Server server;

  public TestBackend(int port) {
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .addService(
                  new BackendImplBase() {
                    @Override
                    public StreamObserver<FromGateway> connect(StreamObserver<ToGateway> gateway) {
                      Stream stream = new Stream(gateway);
                      streams.add(stream);
                      return stream;
                    }

                    @Override
                    public void authorize(
                        AuthorizeRequest request, StreamObserver<AuthorizeAnswer> gateway) {
                      questions.add(
                          request.getAction() + " " + request.getChannel() + request.getMethod());
                      gateway.onNext(
                          AuthorizeAnswer.newBuilder()
                              .setAllowed(!request.getChannel().endsWith("closed"))
                              .setMessage("not a member")
                              .setTtlMs(60_000)
                              .build());
                      gateway.onCompleted();
                    }
                  })
              .build()
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** How many gateways are connected. */
  public int gateways() {
    return streams.size();
  }

  public int port() {
    return server.getPort();
  }

  /** Sends to all gateways. */
  public void send(ToGateway message) {
    streams.forEach(stream -> stream.send(message));
  }

  public static Push.Builder push(String json) {
    return Push.newBuilder().setType("note").setData(ByteString.copyFromUtf8(json));
  }

  /** The stream of a gateway. */
  private final class Stream implements StreamObserver<FromGateway> {
    private final StreamObserver<ToGateway> gateway;

    /** Calls that wait for an acknowledgement. */
    private final Map<Long, CallRequest> asking = new ConcurrentHashMap<>();

    Stream(StreamObserver<ToGateway> gateway) {
      this.gateway = gateway;
    }

    @Override
    public void onNext(FromGateway message) {
      switch (message.getMessageCase()) {
        case CALL -> call(message.getCall());
        case ANSWER -> done.add(message.getAnswer());
        case OPENED -> {
          opened.put(message.getOpened().getConnection(), message.getOpened());
          news.add(message);
        }
        case RESUMED, CLOSED -> news.add(message);
        case ACKNOWLEDGED -> {
          acknowledged.add(message.getAcknowledged());
          acknowledged(message.getAcknowledged());
        }
        case HELLO, CANCEL, MESSAGE_NOT_SET -> {}
      }
    }

    private void call(CallRequest call) {
      if (!call.getKey().isEmpty()) {
        carriedOut.computeIfAbsent(call.getKey(), key -> new AtomicInteger()).incrementAndGet();
      }
      String connection = call.getCaller().getConnection();
      String[] name = call.getMethod().split("[.]");
      switch (name[0]) {
        case "echo", "socketio" -> answer(call);
        case "session" ->
            answer(
                call.toBuilder()
                    .setData(ByteString.copyFromUtf8("\"" + call.getCaller().getSession() + "\""))
                    .build());
        case "twice" -> {
          answer(call);
          answer(call);
        }
        case "wait" ->
            timer.schedule(() -> answer(call), Long.parseLong(name[1]), TimeUnit.MILLISECONDS);
        case "rubbish" ->
            send(
                ToGateway.newBuilder()
                    .setAnswer(
                        CallAnswer.newBuilder()
                            .setId(call.getId())
                            .setResult(Result.newBuilder().setData(ByteString.copyFromUtf8("{"))))
                    .build());
        case "push" -> {
          send(
              ToGateway.newBuilder().setPush(push("1").setId(1).setConnection(connection)).build());
          answer(call);
        }
        case "ask" -> {
          asking.put(call.getId(), call);
          send(
              ToGateway.newBuilder()
                  .setPush(
                      Push.newBuilder()
                          .setId(call.getId())
                          .setConnection(connection)
                          .setType("question")
                          .setData(call.getData())
                          .setEncoding(call.getEncoding())
                          .setAckTimeoutMs(Long.parseLong(name[1])))
                  .build());
        }
        case "arguments" -> {
          send(
              ToGateway.newBuilder()
                  .setPush(
                      Push.newBuilder()
                          .setConnection(connection)
                          .setType("arguments")
                          .setData(call.getData())
                          .setEncoding(Encoding.ENCODING_ARGUMENTS)
                          .addAllBytesAt(call.getBytesAtList()))
                  .build());
          answer(call.toBuilder().setEncoding(Encoding.ENCODING_ARGUMENTS).build());
        }
        case "handshake" -> {
          Connection of = opened.getOrDefault(connection, Connection.getDefaultInstance());
          answer(
              call.toBuilder()
                  .setData(
                      ByteString.copyFromUtf8(
                          "[\"%s\",%s]".formatted(of.getNamespace(), of.getAuth().toStringUtf8())))
                  .build());
        }
        case "join" -> {
          send(
              ToGateway.newBuilder()
                  .setJoin(
                      Join.newBuilder()
                          .setId(2)
                          .setConnection(connection)
                          .setChannel(text(call))
                          .setFrom("earliest"))
                  .build());
          answer(call);
        }
        case "leave" -> {
          send(
              ToGateway.newBuilder()
                  .setLeave(
                      Leave.newBuilder().setId(3).setConnection(connection).setChannel(text(call)))
                  .build());
          answer(call);
        }
        case "end" ->
            send(
                ToGateway.newBuilder()
                    .setEnd(End.newBuilder().setId(4).setConnection(connection).setReconnect(true))
                    .build());
        default -> {
          // Never answered.
        }
      }
    }

    private void acknowledged(Acknowledged what) {
      CallRequest call = asking.remove(what.getId());
      if (call != null) {
        ByteString failed = ByteString.copyFromUtf8("\"" + what.getCode() + "\"");
        answer(
            call.toBuilder()
                .setData(what.getCode().isEmpty() ? what.getData() : failed)
                .clearEncoding()
                .build());
      }
    }

    private static String text(CallRequest call) {
      return Json.tree(call.getData().toStringUtf8()).asText();
    }

    private void answer(CallRequest call) {
      send(
          ToGateway.newBuilder()
              .setAnswer(
                  CallAnswer.newBuilder()
                      .setId(call.getId())
                      .setResult(
                          Result.newBuilder()
                              .setData(call.getData())
                              .setEncoding(call.getEncoding())
                              .addAllBytesAt(
                                  call.getEncoding() == Encoding.ENCODING_ARGUMENTS
                                      ? call.getBytesAtList()
                                      : List.of())))
              .build());
    }

    private void send(ToGateway message) {
      synchronized (gateway) {
        try {
          gateway.onNext(message);
        } catch (RuntimeException e) {
          // The gateway has gone.
          streams.remove(this);
        }
      }
    }

    @Override
    public void onError(Throwable failure) {
      streams.remove(this);
    }

    @Override
    public void onCompleted() {
      streams.remove(this);
    }
  }

  @Override
  public void close() {
    server.shutdownNow();
    timer.shutdownNow();
  }
}
