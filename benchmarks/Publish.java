import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Measures publications by HTTP, one by one and in batches, and by WebSocket, beside a Kafka
 * producer with the same bytes and {@code acks=all}. {@code benchmarks/publish} starts it. The ways
 * are measured in turn. HTTP is spoken over plain sockets, so that the client costs little.
 */
final class Publish {
  private static final int CHANNELS = 100;
  private static final int PARTITIONS = 8;
  private static final int LINES = 1_000;
  private static final int WARM_UP_SECONDS = 20;
  private static final String DATA = "{\"text\":\"" + "x".repeat(230) + "\"}";

  private final int port;
  private final Processes processes;

  private Publish(int port, Processes processes) {
    this.port = port;
    this.processes = processes;
  }

  /** Publishes until the time is over; returns how many events were stored. */
  private interface Way {
    long run(long endNanos, Latencies latencies) throws Exception;
  }

  private record Named(String name, Way way) {}

  private record Figures(double perSecond, double p50, double p99, double gateway, double core) {}

  public static void main(String[] arguments) throws Exception {
    Publish run = new Publish(Integer.parseInt(arguments[0]), Processes.of(arguments[1]));
    int seconds = Integer.parseInt(arguments[2]);
    int repetitions = Integer.parseInt(arguments[3]);
    List<Named> ways =
        Stream.of(
                new Named("POSTs, one after the other", run.posts(1)),
                new Named("POSTs, 64 connections", run.posts(64)),
                new Named("WebSocket, 8 connections, 64 on their way each", run.sockets(8, 64)),
                new Named("batches of 1,000, 8 connections", run.batches(8)),
                new Named("Kafka's producer, same bytes", run.kafka()))
            .filter(way -> way.name().contains(arguments[4]))
            .toList();
    List<List<Figures>> figures = new ArrayList<>();
    for (Named each : ways) {
      run.measure(each.way(), WARM_UP_SECONDS);
      figures.add(new ArrayList<>());
    }
    for (int i = 0; i < repetitions; i++) {
      for (int way = 0; way < ways.size(); way++) {
        figures.get(way).add(run.measure(ways.get(way).way(), seconds));
      }
    }
    System.out.println(
        "| way | events/s | p50, ms | p99, ms | gateway, us each | event-core, us each |\n"
            + "|---|---|---|---|---|---|");
    for (int way = 0; way < ways.size(); way++) {
      List<Figures> of = figures.get(way);
      System.out.printf(
          "| %s | %.0f | %.2f | %.2f | %.0f | %.0f |%n",
          ways.get(way).name(),
          median(of.stream().mapToDouble(Figures::perSecond).toArray()),
          median(of.stream().mapToDouble(Figures::p50).toArray()),
          median(of.stream().mapToDouble(Figures::p99).toArray()),
          median(of.stream().mapToDouble(Figures::gateway).toArray()),
          median(of.stream().mapToDouble(Figures::core).toArray()));
    }
    System.exit(0);
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private Figures measure(Way way, int seconds) throws Exception {
    Latencies latencies = new Latencies();
    long gateway = processes.cpuNanos("edge-gateway-1");
    long core = processes.cpuNanos("event-core-1");
    long begin = System.nanoTime();
    long count = way.run(begin + seconds * 1_000_000_000L, latencies);
    double took = (System.nanoTime() - begin) / 1e9;
    return new Figures(
        count / took,
        latencies.quantile(0.5) / 1e6,
        latencies.quantile(0.99) / 1e6,
        (processes.cpuNanos("edge-gateway-1") - gateway) / 1e3 / count,
        (processes.cpuNanos("event-core-1") - core) / 1e3 / count);
  }

  private Way posts(int connections) {
    return (end, latencies) ->
        http(
            connections,
            end,
            latencies,
            number -> request("/v1/events?channel=" + channel(number), "application/json", DATA),
            1);
  }

  private Way batches(int connections) {
    return (end, latencies) ->
        http(
            connections,
            end,
            latencies,
            number -> request("/v1/events", "application/x-ndjson", batch(number)),
            LINES);
  }

  private static String batch(long number) {
    return IntStream.range(0, LINES)
        .mapToObj(
            line -> "{\"channel\":\"" + channel(number * 7 + line) + "\",\"data\":" + DATA + "}")
        .collect(Collectors.joining("\n"));
  }

  private static String channel(long number) {
    return "demo:bench-" + number % CHANNELS;
  }

  private byte[] request(String path, String type, String body) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
            + type
            + "\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }

  private interface Requests {
    byte[] of(long number);
  }

  private long http(
      int connections, long end, Latencies latencies, Requests requests, int eventsOfEach)
      throws InterruptedException {
    AtomicLong count = new AtomicLong();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<byte[]> prepared = IntStream.range(0, CHANNELS).mapToObj(requests::of).toList();
    List<Thread> threads =
        IntStream.range(0, connections)
            .mapToObj(
                connection ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              try (Socket socket = new Socket("127.0.0.1", port + 1)) {
                                socket.setTcpNoDelay(true);
                                OutputStream out = socket.getOutputStream();
                                InputStream in =
                                    new BufferedInputStream(socket.getInputStream(), 1 << 16);
                                for (long i = connection; System.nanoTime() < end; i++) {
                                  long sent = System.nanoTime();
                                  out.write(prepared.get((int) (i % CHANNELS)));
                                  answer(in, eventsOfEach);
                                  latencies.add(System.nanoTime() - sent);
                                  count.addAndGet(eventsOfEach);
                                }
                              } catch (IOException | RuntimeException e) {
                                failure.set(e);
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new IllegalStateException(failure.get());
    }
    return count.get();
  }

  /** Reads one answer, and insists that everything was stored. */
  private static void answer(InputStream in, int events) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("the connection ended: " + head);
      }
      head.append((char) next);
    }
    String lower = head.toString().toLowerCase();
    int at = lower.indexOf("content-length: ") + 16;
    int length = Integer.parseInt(lower.substring(at, lower.indexOf("\r\n", at)));
    String body = new String(in.readNBytes(length), StandardCharsets.US_ASCII);
    if (!lower.startsWith("http/1.1 20")
        || body.contains("error")
        || body.lines().filter(line -> !line.isBlank()).count() != events) {
      throw new IOException(head + body.substring(0, Math.min(300, length)));
    }
  }

  private Way sockets(int connections, int onTheirWay) {
    return (end, latencies) -> {
      AtomicLong count = new AtomicLong();
      HttpClient http = HttpClient.newHttpClient();
      List<Thread> threads =
          IntStream.range(0, connections)
              .mapToObj(
                  connection ->
                      Thread.ofPlatform()
                          .start(() -> socket(http, connection, onTheirWay, end, latencies, count)))
              .toList();
      for (Thread thread : threads) {
        thread.join();
      }
      return count.get();
    };
  }

  private void socket(
      HttpClient http,
      int connection,
      int onTheirWay,
      long end,
      Latencies latencies,
      AtomicLong count) {
    Semaphore places = new Semaphore(onTheirWay);
    long[] sent = new long[1 << 16];
    WebSocket socket =
        http.newWebSocketBuilder()
            .subprotocols("tailwater.v1.json")
            .buildAsync(
                URI.create("ws://127.0.0.1:" + (port + 1) + "/v1/ws"),
                new WebSocket.Listener() {
                  private final StringBuilder text = new StringBuilder();

                  @Override
                  public CompletionStage<?> onText(
                      WebSocket from, CharSequence part, boolean last) {
                    text.append(part);
                    if (last) {
                      if (text.indexOf("\"published\"") > 0) {
                        int id = Integer.parseInt(text.substring(6, text.indexOf(",")));
                        latencies.add(System.nanoTime() - sent[id % sent.length]);
                        count.incrementAndGet();
                        places.release();
                      } else if (text.indexOf("\"error\"") > 0) {
                        throw new IllegalStateException(text.toString());
                      }
                      text.setLength(0);
                    }
                    from.request(1);
                    return null;
                  }
                })
            .join();
    int id = 0;
    while (System.nanoTime() < end) {
      places.acquireUninterruptibly();
      id++;
      sent[id % sent.length] = System.nanoTime();
      socket
          .sendText(
              "{\"id\":%d,\"publish\":{\"channel\":\"%s\",\"data\":%s}}"
                  .formatted(id, channel(connection + (long) id), DATA),
              true)
          .join();
    }
    places.acquireUninterruptibly(onTheirWay);
    socket.abort();
  }

  /** As many partitions as a namespace of the platform has; once. */
  private void createTopic() throws Exception {
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + (port + 100)))) {
      admin.createTopics(List.of(new NewTopic("bench-floor", PARTITIONS, (short) 1))).all().get();
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof TopicExistsException)) {
        throw e;
      }
    }
  }

  private Way kafka() {
    Map<String, Object> settings =
        Map.of("bootstrap.servers", "127.0.0.1:" + (port + 100), "acks", "all", "linger.ms", 5);
    return (end, latencies) -> {
      createTopic();
      AtomicLong count = new AtomicLong();
      try (var producer =
          new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
        byte[] data = DATA.getBytes(StandardCharsets.US_ASCII);
        for (long i = 0; System.nanoTime() < end; i++) {
          long sent = System.nanoTime();
          producer.send(
              new ProducerRecord<>(
                  "bench-floor",
                  ("bench-" + i % CHANNELS).getBytes(StandardCharsets.US_ASCII),
                  data),
              (metadata, failure) -> {
                if (failure != null) {
                  throw new IllegalStateException(failure);
                }
                latencies.add(System.nanoTime() - sent);
                count.incrementAndGet();
              });
        }
      }
      return count.get();
    };
  }

  /** Of answers, nanoseconds; any thread. */
  private static final class Latencies {
    private final long[] all = new long[1 << 22];
    private final AtomicLong count = new AtomicLong();

    void add(long nanos) {
      int index = (int) count.getAndIncrement();
      if (index < all.length) {
        all[index] = nanos;
      }
    }

    double quantile(double of) {
      long[] sorted = Arrays.copyOf(all, (int) Math.min(count.get(), all.length));
      Arrays.sort(sorted);
      return sorted.length == 0 ? 0 : sorted[(int) (of * (sorted.length - 1))];
    }
  }
}
