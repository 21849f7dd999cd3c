package io.tailwater.system.delivery;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.Json;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Several publishers at once. Each writes numbered events with idempotency keys to random channels,
 * one request after another, every third of them a batch, and tries each again with the same key,
 * at another gateway, until it is acknowledged. A publisher sometimes sends again what was
 * acknowledged already.
 */
public final class Publishers implements AutoCloseable {
  private static final Duration REQUEST_LIMIT = Duration.ofSeconds(15);
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final long RETRY_MS = 50;
  private static final int MOST_BATCH = 20;

  /**
   * What they do.
   *
   * @param publishers how many at once
   * @param requests how many requests each sends at least
   * @param pauseMs between two requests of one
   * @param padding most bytes of filling of an event
   */
  public record Load(int publishers, int requests, long pauseMs, int padding) {}

  private final List<URI> gateways;
  private final List<Channel> channels;
  private final Load load;
  private final Ledger ledger;
  private final HttpClient client =
      HttpClient.newBuilder()
          .version(HttpClient.Version.HTTP_1_1)
          .connectTimeout(Duration.ofSeconds(2))
          .build();
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> failures = new CopyOnWriteArrayList<>();
  private final AtomicInteger retries = new AtomicInteger();
  private volatile boolean released;
  private final CountDownLatch stop = new CountDownLatch(1);

  /** Publishers that have begun. They end after their requests, but not before {@link #finish}. */
  public Publishers(
      List<URI> gateways, List<Channel> channels, Load load, Ledger ledger, long seed) {
    this.gateways = gateways;
    this.channels = channels;
    this.load = load;
    this.ledger = ledger;
    IntStream.range(0, load.publishers())
        .forEach(
            i -> threads.add(Thread.ofVirtual().name("publisher-" + i).start(() -> run(i, seed))));
  }

  private record Line(Channel channel, String key, String data) {}

  private final class Publisher {
    private final RandomGenerator random;
    private final String subject;
    private final String token;
    private int sent;
    private @Nullable Line acknowledgedBefore;

    Publisher(int number, long seed) {
      random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed + number);
      subject = "publisher-" + seed + "-" + number;
      token = Tokens.token(subject, List.of(), List.of("demo:*", "chat:*"));
    }

    void run() throws InterruptedException {
      for (int i = 0; (i < load.requests() || !released) && stop.getCount() > 0; i++) {
        if (i % 3 == 2) {
          batch();
        } else {
          single();
        }
        stop.await(load.pauseMs(), TimeUnit.MILLISECONDS);
      }
    }

    private Line next() {
      if (acknowledgedBefore != null && random.nextInt(20) == 0) {
        return acknowledgedBefore;
      }
      Channel channel = channels.get(random.nextInt(channels.size()));
      String padding = "·".repeat(load.padding() == 0 ? 0 : random.nextInt(load.padding()) / 2);
      String data =
          Json.write(new java.util.TreeMap<>(Map.of("n", sent, "by", subject, "pad", padding)));
      return new Line(channel, "k-" + sent++, data);
    }

    private void single() throws InterruptedException {
      Line line = next();
      untilAcknowledged(
          gateway ->
              HttpRequest.newBuilder(
                      gateway.resolve(
                          "/v1/events?channel=" + Wanted.encoded(line.channel().toString())))
                  .header("Content-Type", "application/json")
                  .header("Idempotency-Key", line.key())
                  .POST(HttpRequest.BodyPublishers.ofString(line.data())),
          answer -> answer.statusCode() == 201 && acknowledge(line, answer.body()));
    }

    /** Lines that were refused for a passing reason go again, in their order, alone. */
    private void batch() throws InterruptedException {
      List<Line> lines = new ArrayList<>();
      for (int i = random.nextInt(MOST_BATCH); i >= 0; i--) {
        lines.add(next());
      }
      untilAcknowledged(
          gateway ->
              HttpRequest.newBuilder(gateway.resolve("/v1/events"))
                  .header("Content-Type", "application/x-ndjson")
                  .POST(HttpRequest.BodyPublishers.ofString(text(lines))),
          answer -> {
            if (answer.statusCode() != 200) {
              return false;
            }
            List<String> verdicts = answer.body().lines().toList();
            if (verdicts.size() != lines.size()) {
              throw new IllegalStateException(
                  verdicts.size() + " answers to a batch of " + lines.size());
            }
            List<Line> again = new ArrayList<>();
            for (int i = 0; i < lines.size(); i++) {
              if (!acknowledge(lines.get(i), verdicts.get(i))) {
                again.add(lines.get(i));
              }
            }
            lines.clear();
            lines.addAll(again);
            return lines.isEmpty();
          });
    }

    private String text(List<Line> lines) {
      StringBuilder text = new StringBuilder();
      for (Line line : lines) {
        text.append("{\"channel\":").append(Json.write(line.channel().toString()));
        text.append(",\"key\":").append(Json.write(line.key()));
        text.append(",\"data\":").append(line.data()).append("}\n");
      }
      return text.toString();
    }

    private boolean acknowledge(Line line, String verdict) {
      JsonNode json = Json.tree(verdict);
      if (json.has("error")) {
        if (!json.path("error").path("retry").asBoolean()) {
          throw new IllegalStateException("refused for good: " + verdict + " " + line);
        }
        return false;
      }
      ledger.acknowledged(
          new Ledger.Acknowledged(
              line.channel(),
              subject,
              line.key(),
              Position.parse(json.path("id").asText()),
              json.path("duplicate").asBoolean()));
      acknowledgedBefore = line;
      return true;
    }

    private void untilAcknowledged(Sending sending, Judging judging) throws InterruptedException {
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      String last = "";
      while (stop.getCount() > 0) {
        URI gateway = gateways.get(random.nextInt(gateways.size()));
        try {
          HttpResponse<String> answer =
              client.send(
                  sending
                      .to(gateway)
                      .timeout(REQUEST_LIMIT)
                      .header("Authorization", "Bearer " + token)
                      .build(),
                  HttpResponse.BodyHandlers.ofString());
          if (judging.isDone(answer)) {
            return;
          }
          last = answer.statusCode() + " " + answer.body();
          if (answer.statusCode() >= 400 && answer.statusCode() < 429) {
            throw new IllegalStateException("refused for good: " + last);
          }
        } catch (IOException e) {
          last = e.toString();
        }
        if (System.nanoTime() > deadline) {
          throw new IllegalStateException("not acknowledged in " + PATIENCE + "; last: " + last);
        }
        retries.incrementAndGet();
        stop.await(RETRY_MS, TimeUnit.MILLISECONDS);
      }
    }
  }

  private interface Sending {
    HttpRequest.Builder to(URI gateway);
  }

  private interface Judging {
    boolean isDone(HttpResponse<String> answer);
  }

  private void run(int number, long seed) {
    try {
      new Publisher(number, seed).run();
    } catch (InterruptedException e) {
      // Closed.
    } catch (RuntimeException e) {
      failures.add("publisher " + number + ": " + e);
    }
  }

  /** Lets them end, and waits for it: everything is acknowledged then. */
  public void finish() throws InterruptedException {
    released = true;
    for (Thread thread : threads) {
      thread.join();
    }
    if (!failures.isEmpty()) {
      throw new IllegalStateException(String.join("; ", failures));
    }
  }

  /** How many requests had to be sent again. */
  public int retries() {
    return retries.get();
  }

  @Override
  public void close() {
    stop.countDown();
    threads.forEach(Thread::interrupt);
    client.close();
  }
}
