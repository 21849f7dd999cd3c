import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.Earliest;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.EventCoreGrpc.EventCoreBlockingStub;
import io.tailwater.contract.v1.Position;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.ReadRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Measures the replay of one channel whose events are on event-core's disk: by event-core's own
 * call, page after page, and as an event stream, for one reader and for four at a time. {@code
 * benchmarks/replay} starts it. Another channel is read before, so that compilers are done.
 */
final class Replay {
  private static final int LINES = 1_000;
  private static final int WARM_UPS = 4;
  private static final String DATA = "{\"text\":\"" + "x".repeat(230) + "\"}";

  private final int port;
  private final Processes processes;

  private Replay(int port, Processes processes) {
    this.port = port;
    this.processes = processes;
  }

  private interface Reading {
    /** Reads a channel to its end; returns how many events that were. */
    long read(String channel) throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    Replay run = new Replay(Integer.parseInt(arguments[0]), Processes.of(arguments[1]));
    int events = Integer.parseInt(arguments[2]) / LINES * LINES;
    List<String> cold = List.of("demo:replay-a", "demo:replay-b", "demo:replay-c");
    run.publish("demo:replay-warm", events);
    for (String channel : cold) {
      run.publish(channel, events);
    }
    System.out.println(
        "| reading | events/s | gateway, us each | event-core, us each |\n|---|---|---|---|");
    run.measure("event-core's call", run::pages, cold.get(0), events);
    run.measure("an event stream", channel -> run.stream(channel, events), cold.get(1), events);
    run.measure(
        "four event streams", channel -> run.streams(channel, events, 4), cold.get(2), events);
    System.exit(0);
  }

  private void measure(String name, Reading reading, String channel, int events) throws Exception {
    for (int i = 0; i < WARM_UPS; i++) {
      reading.read("demo:replay-warm");
    }
    long gateway = processes.cpuNanos("edge-gateway-1");
    long core = processes.cpuNanos("event-core-1");
    long begin = System.nanoTime();
    long count = reading.read(channel);
    double took = (System.nanoTime() - begin) / 1e9;
    if (count % events != 0) {
      throw new IllegalStateException(count + " of " + events + " events were read");
    }
    System.out.printf(
        "| %s | %.0f | %.1f | %.1f |%n",
        name,
        count / took,
        (processes.cpuNanos("edge-gateway-1") - gateway) / 1e3 / count,
        (processes.cpuNanos("event-core-1") - core) / 1e3 / count);
  }

  private void publish(String channel, int events) throws Exception {
    String lines =
        IntStream.range(0, LINES)
            .mapToObj(line -> "{\"channel\":\"" + channel + "\",\"data\":" + DATA + "}")
            .collect(Collectors.joining("\n"));
    HttpRequest batch =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + (port + 1) + "/v1/events"))
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofString(lines))
            .build();
    HttpClient http = HttpClient.newHttpClient();
    for (int i = 0; i < events / LINES; i++) {
      String answer = http.send(batch, HttpResponse.BodyHandlers.ofString()).body();
      if (answer.contains("error") || answer.lines().count() != LINES) {
        throw new IOException(answer.substring(0, Math.min(300, answer.length())));
      }
    }
  }

  /** As a gateway reads: the next page begins after the last event of the one before. */
  private long pages(String channel) {
    try (ServiceChannel core =
        ServiceChannel.open(
            List.of("127.0.0.1:" + (port + 110)), EventCoreGrpc.getServiceDescriptor())) {
      EventCoreBlockingStub stub = EventCoreGrpc.newBlockingStub(core);
      ReadRequest request =
          ReadRequest.newBuilder()
              .setChannel(channel)
              .setEarliest(Earliest.getDefaultInstance())
              .setLimit(1_000)
              .setMaxBytes(1 << 20)
              .build();
      long count = 0;
      while (true) {
        ReadPage page = stub.read(request);
        if (page.getEventsCount() == 0) {
          return count;
        }
        count += page.getEventsCount();
        request =
            request.toBuilder()
                .setAfter(
                    Position.newBuilder().setEpoch(page.getEpoch()).setOffset(page.getThrough()))
                .build();
      }
    }
  }

  private long streams(String channel, int events, int readers) throws InterruptedException {
    long[] counts = new long[readers];
    List<Thread> threads =
        IntStream.range(0, readers)
            .mapToObj(
                reader ->
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              try {
                                counts[reader] = stream(channel, events);
                              } catch (IOException e) {
                                throw new IllegalStateException(e);
                              }
                            }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    return IntStream.range(0, readers).mapToLong(reader -> counts[reader]).sum();
  }

  /** Counts the events' ends in the bytes as they are, so that the reader costs little. */
  private long stream(String channel, int events) throws IOException {
    try (Socket socket = new Socket("127.0.0.1", port + 1)) {
      socket
          .getOutputStream()
          .write(
              ("GET /v1/events?channel="
                      + channel
                      + "&from=earliest HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n")
                  .getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] buffer = new byte[1 << 18];
      long count = 0;
      // Only the data of an event has 230 of this letter in a row, so each such run is an event.
      int run = 0;
      while (count < events) {
        int read = in.read(buffer);
        if (read < 0) {
          throw new IOException("the stream ended after " + count + " events");
        }
        for (int i = 0; i < read; i++) {
          if (buffer[i] == 'x') {
            run++;
          } else {
            count += run == 230 ? 1 : 0;
            run = 0;
          }
        }
      }
      return count;
    }
  }
}
