import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;

/**
 * Measures the memory of many channels with one reader each. {@code benchmarks/channels} starts it.
 * The connections are there, with one channel each, before the first figure is taken.
 */
final class Channels {
  private static final int EACH = 1_000;
  private static final Pattern CLASS = Pattern.compile(" *\\d+: +\\d+ +(\\d+) +(\\S+).*");

  private final Semaphore subscribed = new Semaphore(0);
  private final List<WebSocket> sockets = new ArrayList<>();

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    long gateway = Processes.of(arguments[1]).pid("edge-gateway-1");
    int connections = Integer.parseInt(arguments[2]);
    Channels run = new Channels();
    // What a gateway allocates once, for its first connections and channels, is not a channel's.
    run.open(port, connections);
    run.subscribe("warm", EACH / 10);
    run.close();
    run.open(port, connections);
    run.subscribe("first", 1);

    long heapBefore = heap(gateway);
    long residentBefore = resident(gateway);
    run.subscribe("many", EACH - 1);
    long heap = heap(gateway) - heapBefore;
    long resident = resident(gateway) - residentBefore;
    long channels = connections * (EACH - 1L);
    System.out.println("| channels | heap, bytes each | resident, bytes each |\n|---|---|---|");
    System.out.printf(
        "| %,d on %d connections | %d | %d |%n",
        channels, connections, heap / channels, resident / channels);
    System.exit(0);
  }

  private void open(int port, int connections) {
    HttpClient http = HttpClient.newHttpClient();
    for (int i = 0; i < connections; i++) {
      sockets.add(
          http.newWebSocketBuilder()
              .subprotocols("tailwater.v1.json")
              .buildAsync(URI.create("ws://127.0.0.1:" + (port + 1) + "/v1/ws"), new Listener())
              .join());
    }
  }

  private void close() {
    sockets.forEach(WebSocket::abort);
    sockets.clear();
  }

  /** Subscribes each connection to this many channels that nobody else has. */
  private void subscribe(String name, int each) throws InterruptedException {
    for (int from = 0; from < each; from++) {
      for (int socket = 0; socket < sockets.size(); socket++) {
        sockets
            .get(socket)
            .sendText(
                "{\"id\":%d,\"subscribe\":{\"channel\":\"demo:%s-%d-%d\"}}"
                    .formatted(from + 1, name, socket, from),
                true)
            .join();
      }
      // A few requests of each connection may be on their way.
      if (from % 8 == 7 || from == each - 1) {
        subscribed.acquire(sockets.size() * (from % 8 + 1));
      }
    }
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        if (text.indexOf("\"subscribed\"") > 0) {
          subscribed.release();
        } else if (text.indexOf("\"error\"") > 0) {
          System.err.println(text);
          System.exit(1);
        } else if (text.indexOf("\"ping\"") > 0) {
          from.sendText("{\"pong\":{}}", true);
        }
        text.setLength(0);
      }
      from.request(1);
      return null;
    }
  }

  /** Bytes of all objects that a full collection leaves, without what it fills gaps with. */
  private static long heap(long pid) throws Exception {
    jcmd(pid, "GC.run");
    return jcmd(pid, "GC.class_histogram")
        .lines()
        .map(CLASS::matcher)
        .filter(row -> row.matches() && !row.group(2).contains("FillerElement"))
        .mapToLong(row -> Long.parseLong(row.group(1)))
        .sum();
  }

  private static String jcmd(long pid, String command) throws Exception {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                Long.toString(pid),
                command)
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(output);
    }
    return output;
  }

  private static long resident(long pid) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(pid), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElseThrow();
  }
}
