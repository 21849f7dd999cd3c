package io.tailwater.system.security;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.LaunchedPlatform;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A client that follows the rules: it publishes one event after the other, each until it is
 * acknowledged, and reads them by event stream, by WebSocket and by event stream through the
 * balancer. It remembers when each was sent and when each reader had it.
 */
final class HonestClient implements AutoCloseable {
  static final Channel CHANNEL = new Channel("demo", "honest");
  private static final long PAUSE_MS = 25;
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<URI> gateways;
  private final Ledger ledger = new Ledger();
  private final Map<String, Wanted> wanted = new LinkedHashMap<>();
  private final List<Reader> readers = new ArrayList<>();
  private final Map<Integer, Long> sentNanos = new ConcurrentHashMap<>();
  private final Map<Integer, Long> acknowledgedNanos = new ConcurrentHashMap<>();
  private final CountDownLatch stopped = new CountDownLatch(1);
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(5))
          .build();
  private final Thread publisher = Thread.ofPlatform().name("honest").unstarted(this::publish);

  HonestClient(LaunchedPlatform platform) {
    gateways = platform.gateways();
    read(Transport.SSE, Wanted.of("honest-sse", CHANNEL), gateways);
    read(Transport.WS_JSON, Wanted.of("honest-ws", CHANNEL), gateways);
    read(Transport.SSE, Wanted.of("honest-balanced", CHANNEL), List.of(platform.balancer()));
  }

  private void read(Transport transport, Wanted what, List<URI> where) {
    Reader reader = transport.open(what, where);
    wanted.put(what.name(), what);
    ledger.reader(reader.seen());
    readers.add(reader);
  }

  /** Begins to publish; to be called once every reader is live. */
  void start() {
    publisher.start();
  }

  boolean live() {
    return readers.stream().allMatch(reader -> reader.seen().liveOn(CHANNEL) > 0);
  }

  private void publish() {
    for (int number = 1; stopped.getCount() > 0; number++) {
      sentNanos.put(number, System.nanoTime());
      boolean acknowledged = false;
      for (int attempt = 0; !acknowledged && stopped.getCount() > 0; attempt++) {
        acknowledged = attempt(number, gateways.get((number + attempt) % gateways.size()));
        rest(PAUSE_MS);
      }
      if (acknowledged) {
        acknowledgedNanos.put(number, System.nanoTime());
      } else {
        sentNanos.remove(number);
      }
    }
  }

  private boolean attempt(int number, URI gateway) {
    String key = "honest-" + number;
    HttpRequest request =
        Http.publication(gateway, CHANNEL, Integer.toString(number))
            .header("Idempotency-Key", key)
            .timeout(PATIENCE)
            .build();
    try {
      HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
      if (answer.statusCode() != 201 && answer.statusCode() != 200) {
        return false;
      }
      var json = Json.tree(answer.body());
      ledger.acknowledged(
          new Ledger.Acknowledged(
              CHANNEL,
              "anonymous",
              key,
              Position.parse(json.path("id").asText()),
              json.path("duplicate").asBoolean()));
      return true;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void rest(long ms) {
    try {
      stopped.await(ms, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Stops publishing; the readers go on. */
  void stopPublishing() throws InterruptedException {
    stopped.countDown();
    publisher.join(TimeUnit.SECONDS.toMillis(30));
  }

  /** How many events were acknowledged. */
  int acknowledged() {
    return acknowledgedNanos.size();
  }

  /** Whether every reader has every event that was acknowledged by now. */
  boolean caughtUp() {
    Position newest = ledger.newest().get(CHANNEL);
    return newest == null
        || readers.stream()
            .allMatch(
                reader -> {
                  Position seen = reader.seen().newest(CHANNEL);
                  return seen != null && seen.offset() >= newest.offset();
                });
  }

  /**
   * How long events took that were sent within a time, from the moment that the client decided to
   * send them, attempts that failed included.
   */
  Figures figures(long fromNanos, long untilNanos) {
    List<Long> taken = new ArrayList<>();
    for (Reader reader : readers) {
      for (Seen.Event event : reader.seen().events()) {
        Long sent = sentNanos.get(Integer.parseInt(event.data()));
        if (sent != null && sent >= fromNanos && sent < untilNanos) {
          taken.add(event.nanos() - sent);
        }
      }
    }
    return Figures.of(taken);
  }

  /**
   * Milliseconds that events took.
   *
   * @param events how many, for all readers together
   */
  record Figures(int events, double p50, double p99, double max) {
    static Figures of(List<Long> nanos) {
      long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
      return new Figures(
          sorted.length, percentile(sorted, 0.5), percentile(sorted, 0.99), percentile(sorted, 1));
    }

    private static double percentile(long[] sorted, double part) {
      return sorted.length == 0
          ? Double.NaN
          : sorted[Math.min(sorted.length - 1, (int) (part * sorted.length))] / 1e6;
    }

    @Override
    public String toString() {
      return events == 0 ? "none" : "%.0f / %.0f / %.0f".formatted(p50, p99, max);
    }
  }

  /** Compares what was acknowledged and what each reader saw with Kafka. */
  Ledger.Report compare(String bootstrapServers) {
    return ledger.compare(bootstrapServers, wanted);
  }

  /** Why readers gave up, which they must not. */
  List<String> failures() {
    return readers.stream()
        .map(reader -> String.valueOf(reader.failure()))
        .filter(failure -> !failure.equals("null"))
        .toList();
  }

  @Override
  public void close() {
    stopped.countDown();
    readers.forEach(Reader::close);
    client.close();
  }
}
