import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.tailwater.contract.backend.v1.BackendGrpc;
import io.tailwater.contract.backend.v1.CallAnswer;
import io.tailwater.contract.backend.v1.CallRequest;
import io.tailwater.contract.backend.v1.Caller;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Measures calls through gateway and backend, over WebSockets, beside the same calls of the backend
 * by gRPC. {@code benchmarks/calls} starts it. Each way has as many calls without an answer at any
 * time; the ways are measured in turn.
 */
final class Calls {
  private static final int CONNECTIONS = 4;
  private static final int WARM_UP_SECONDS = 8;

  private final int port;
  private final int inFlight;
  private final int seconds;
  private final String token;

  private Calls(int port, int inFlight, int seconds, String token) {
    this.port = port;
    this.inFlight = inFlight;
    this.seconds = seconds;
    this.token = token;
  }

  /** What is called: its name in the table, the method and its data. */
  private record What(String name, String method, String data) {}

  private static final List<What> CALLS =
      List.of(
          // What a call costs by itself: the backend answers at once that there is no such method.
          new What("an unknown method", "bench.none", "null"),
          new What(
              "`chat.send`, in the log",
              "chat.send",
              "{\"room\":\"chat:bench\",\"text\":\"hello\"}"));

  /** Makes one call after the other; completes when its answer is here. */
  private interface Way extends AutoCloseable {
    CompletableFuture<Void> call(What what);

    @Override
    void close();
  }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    String key = Files.readString(Path.of(arguments[1], "jwt-key")).strip();
    int seconds = Integer.parseInt(arguments[2]);
    int repetitions = Integer.parseInt(arguments[3]);
    System.out.println(
        "| call | calls at a time | way | calls/s | p50, ms | p99, ms |\n|---|---|---|---|---|---|");
    for (int inFlight : new int[] {1, 64}) {
      Calls run = new Calls(port, inFlight, seconds, token(key));
      try (Way direct = run.direct();
          Way gateway = run.gateway()) {
        for (What what : CALLS) {
          run.measure(direct, what, WARM_UP_SECONDS);
          run.measure(gateway, what, WARM_UP_SECONDS);
          List<Figures> directs = new ArrayList<>();
          List<Figures> gateways = new ArrayList<>();
          for (int i = 0; i < repetitions; i++) {
            directs.add(run.measure(direct, what, seconds));
            gateways.add(run.measure(gateway, what, seconds));
          }
          print(what, inFlight, "gRPC, direct", directs);
          print(what, inFlight, "WebSocket, gateway", gateways);
        }
      }
    }
  }

  private record Figures(double perSecond, double p50, double p99) {}

  /** Medians over the repetitions. */
  private static void print(What what, int inFlight, String way, List<Figures> figures) {
    System.out.printf(
        "| %s | %d | %s | %.0f | %.2f | %.2f |%n",
        what.name(),
        inFlight,
        way,
        median(figures.stream().mapToDouble(Figures::perSecond).toArray()),
        median(figures.stream().mapToDouble(Figures::p50).toArray()),
        median(figures.stream().mapToDouble(Figures::p99).toArray()));
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private Figures measure(Way way, What what, int forSeconds) throws InterruptedException {
    long begin = System.nanoTime();
    long end = begin + forSeconds * 1_000_000_000L;
    long[] latencies = new long[4_000_000];
    AtomicLong count = new AtomicLong();
    CountDownLatch ended = new CountDownLatch(inFlight);
    for (int i = 0; i < inFlight; i++) {
      next(way, what, end, latencies, count, ended);
    }
    ended.await();
    int calls = (int) Math.min(count.get(), latencies.length);
    long[] sorted = Arrays.copyOf(latencies, calls);
    Arrays.sort(sorted);
    return new Figures(
        count.get() / ((System.nanoTime() - begin) / 1e9),
        sorted[calls / 2] / 1e6,
        sorted[(int) (calls * 0.99)] / 1e6);
  }

  private static void next(
      Way way, What what, long end, long[] latencies, AtomicLong count, CountDownLatch ended) {
    long sent = System.nanoTime();
    if (sent > end) {
      ended.countDown();
      return;
    }
    way.call(what)
        // Not on the thread of the answer: else calls that are answered at once would nest.
        .whenCompleteAsync(
            (done, failure) -> {
              if (failure != null) {
                throw new IllegalStateException(failure);
              }
              int index = (int) count.getAndIncrement();
              if (index < latencies.length) {
                latencies[index] = System.nanoTime() - sent;
              }
              next(way, what, end, latencies, count, ended);
            });
  }

  private Way direct() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", port + 192).usePlaintext().build();
    BackendGrpc.BackendStub stub = BackendGrpc.newStub(channel);
    Caller caller =
        Caller.newBuilder()
            .setSubject("bench")
            .addPublish("chat:*")
            .addSubscribe("chat:*")
            .addCall("*")
            .build();
    return new Way() {
      @Override
      public CompletableFuture<Void> call(What what) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        stub.call(
            CallRequest.newBuilder()
                .setMethod(what.method())
                .setData(ByteString.copyFromUtf8(what.data()))
                .setCaller(caller)
                .build(),
            new StreamObserver<CallAnswer>() {
              @Override
              public void onNext(CallAnswer answer) {
                done.complete(null);
              }

              @Override
              public void onError(Throwable failure) {
                done.completeExceptionally(failure);
              }

              @Override
              public void onCompleted() {}
            });
        return done;
      }

      @Override
      public void close() {
        channel.shutdownNow();
      }
    };
  }

  private Way gateway() {
    HttpClient http = HttpClient.newHttpClient();
    List<Socket> sockets = new ArrayList<>();
    for (int i = 0; i < Math.min(CONNECTIONS, inFlight); i++) {
      Socket socket = new Socket();
      socket.socket =
          http.newWebSocketBuilder()
              .header("Authorization", "Bearer " + token)
              .buildAsync(URI.create("ws://127.0.0.1:" + (port + 1) + "/v1/ws"), socket)
              .join();
      sockets.add(socket);
    }
    AtomicLong turn = new AtomicLong();
    return new Way() {
      @Override
      public CompletableFuture<Void> call(What what) {
        return sockets.get((int) (turn.getAndIncrement() % sockets.size())).call(what);
      }

      @Override
      public void close() {
        sockets.forEach(socket -> socket.socket.abort());
      }
    };
  }

  /** A WebSocket with calls, each with an id of its own. */
  private static final class Socket implements WebSocket.Listener {
    private final Map<Long, CompletableFuture<Void>> waiting = new ConcurrentHashMap<>();
    private final AtomicLong ids = new AtomicLong();
    private final StringBuilder text = new StringBuilder();
    private CompletableFuture<WebSocket> sent = CompletableFuture.completedFuture(null);
    WebSocket socket;

    CompletableFuture<Void> call(What what) {
      long id = ids.incrementAndGet();
      CompletableFuture<Void> done = new CompletableFuture<>();
      waiting.put(id, done);
      String frame =
          "{\"id\":%d,\"call\":{\"method\":\"%s\",\"data\":%s}}"
              .formatted(id, what.method(), what.data());
      synchronized (this) {
        sent = sent.thenCompose(before -> socket.sendText(frame, true));
      }
      return done;
    }

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        if (text.charAt(2) == 'i') {
          long id = Long.parseLong(text.substring(6, text.indexOf(",")));
          waiting.remove(id).complete(null);
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  private static String token(String key) throws Exception {
    Base64.Encoder base64 = Base64.getUrlEncoder().withoutPadding();
    long now = System.currentTimeMillis() / 1000;
    String claims =
        "{\"sub\":\"bench\",\"iat\":%d,\"exp\":%d,\"tw\":{\"subscribe\":[\"chat:*\"],\"publish\":[\"chat:*\"],\"call\":[\"*\"]}}"
            .formatted(now, now + 3600);
    String content =
        base64.encodeToString(
                "{\"alg\":\"HS256\",\"typ\":\"JWT\"}".getBytes(StandardCharsets.UTF_8))
            + "."
            + base64.encodeToString(claims.getBytes(StandardCharsets.UTF_8));
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(Base64.getUrlDecoder().decode(key), "HmacSHA256"));
    return content
        + "."
        + base64.encodeToString(mac.doFinal(content.getBytes(StandardCharsets.UTF_8)));
  }
}
