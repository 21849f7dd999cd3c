package io.tailwater.system.nginx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.delivery.Publishers;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Both gateways are restarted, one after the other, under load, behind nginx. */
@OnPlatforms
@Order(3)
@Tag("long")
final class RollingRestartIT {
  private static final int READERS = Scale.of(200, 2_000);
  private static final int CHANNELS = Scale.of(10, 100);
  // Single publications and batches: some hundred events per second in the long form.
  private static final Publishers.Load LOAD =
      new Publishers.Load(Scale.of(2, 4), 50, Scale.of(60, 20), 100);
  private static final Duration LIMIT = Duration.ofMinutes(2);

  /**
   * Most reconnects in a second, as a multiple of the mean. A few readers are spread less evenly.
   */
  private static final double MAX_PEAK = Scale.of(4.0, 2.0);

  private static final String WINDOW = "-Dtailwater.edge.drain.window=" + Scale.of(5, 10) + "s";
  private static final long SAMPLE_MS = 100;
  private static final int SAMPLES_PER_SECOND = 10;

  @Test
  void losesAndRepeatsNothingAndSpreadsReconnects(InProcessPlatform platform) throws Exception {
    NginxServer.require();
    List<Integer> ports = List.of(FreePort.choose(), FreePort.choose());
    List<GatewayProcess> gateways = new ArrayList<>();
    List<Reader> readers = new ArrayList<>();
    for (int i = 0; i < ports.size(); i++) {
      gateways.add(new GatewayProcess(platform, ports.get(i), "edge-gateway-" + (i + 1), WINDOW));
    }
    List<Channel> channels =
        IntStream.range(0, CHANNELS).mapToObj(i -> Channel.parse("demo:rolling " + i)).toList();
    Ledger ledger = new Ledger();
    Map<String, Wanted> wanted = new HashMap<>();
    List<Reconnects> drains = new ArrayList<>();
    try (NginxServer nginx =
            new NginxServer(
                gateways.stream().map(GatewayProcess::address).toList(), false, "limits-off.conf");
        Publishers publishers =
            new Publishers(List.of(nginx.address()), channels, LOAD, ledger, 7)) {
      for (int i = 0; i < READERS; i++) {
        Wanted one = Wanted.of("reader " + i, channels.get(i % CHANNELS)).patient();
        Reader reader = Transport.SSE.open(one, List.of(nginx.address()));
        readers.add(reader);
        ledger.reader(reader.seen());
        wanted.put(one.name(), one);
      }
      await("all are in").atMost(LIMIT).until(() -> connections(readers) >= READERS);
      for (int i = 0; i < gateways.size(); i++) {
        Reconnects reconnects = new Reconnects(readers);
        gateways.get(i).tellToStop();
        gateways.get(i).awaitEnd();
        await("all are back").atMost(LIMIT).until(() -> reconnects.quietFor(3));
        System.out.println("drain of edge-gateway-" + (i + 1) + ": " + reconnects);
        drains.add(reconnects);
        reconnects.close();
        gateways.set(
            i, new GatewayProcess(platform, ports.get(i), "edge-gateway-" + (i + 1), WINDOW));
      }
      publishers.finish();
      await("every reader has everything")
          .atMost(LIMIT)
          .until(() -> readers.stream().allMatch(reader -> hasNewest(reader, ledger, wanted)));
      Ledger.Report report = ledger.compare(platform.bootstrapServers(), wanted);
      System.out.println(
          "rolling restart: "
              + report
              + "; "
              + publishers.retries()
              + " publish requests sent again");
      report.assertClean();
      assertThat(drains)
          .allSatisfy(
              drain ->
                  assertThat(drain.peak())
                      .as(drain.toString())
                      .isLessThanOrEqualTo(MAX_PEAK * drain.mean()));
    } finally {
      readers.forEach(Reader::close);
      for (GatewayProcess gateway : gateways) {
        gateway.close();
      }
    }
  }

  private static int connections(List<Reader> readers) {
    return readers.stream().mapToInt(Reader::connections).sum();
  }

  private static boolean hasNewest(Reader reader, Ledger ledger, Map<String, Wanted> wanted) {
    Wanted asked = wanted.get(reader.seen().reader());
    Channel channel = asked == null ? null : asked.channels().getFirst();
    if (channel == null) {
      return false;
    }
    Position newest = ledger.newest().get(channel);
    Position start = reader.seen().start(channel);
    Position seen = reader.seen().newest(channel);
    return newest == null
        || (start != null && start.offset() >= newest.offset())
        || (seen != null && seen.offset() >= newest.offset());
  }

  /** How many came back, sampled from its beginning on. */
  private static final class Reconnects implements AutoCloseable {
    private final List<Reader> readers;
    private final List<Integer> samples = new ArrayList<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final int before;

    Reconnects(List<Reader> readers) {
      this.readers = readers;
      this.before = connections(readers);
      Thread.ofPlatform().name("reconnects").daemon().start(this::sample);
    }

    private void sample() {
      try {
        while (!stop.await(SAMPLE_MS, TimeUnit.MILLISECONDS)) {
          int now = connections(readers) - before;
          synchronized (samples) {
            samples.add(now);
          }
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    /** Whether nobody came in the last so many seconds, and somebody did before. */
    boolean quietFor(int seconds) {
      synchronized (samples) {
        int last = samples.size() - 1;
        int then = last - seconds * SAMPLES_PER_SECOND;
        return then >= 0 && samples.get(last) > 0 && samples.get(last).equals(samples.get(then));
      }
    }

    /** Most in one second. */
    double peak() {
      synchronized (samples) {
        return IntStream.range(SAMPLES_PER_SECOND, samples.size())
            .map(i -> samples.get(i) - samples.get(i - SAMPLES_PER_SECOND))
            .max()
            .orElse(0);
      }
    }

    /** In a second, from the first to the last who came. */
    double mean() {
      synchronized (samples) {
        int total = samples.getLast();
        long moving = samples.stream().filter(sample -> sample > 0 && sample < total).count();
        return total / Math.max(1.0, (double) moving / SAMPLES_PER_SECOND);
      }
    }

    @Override
    public void close() {
      stop.countDown();
    }

    @Override
    public String toString() {
      synchronized (samples) {
        return "%d reconnects, at most %.0f in a second, %.1f in the mean"
            .formatted(samples.getLast(), peak(), mean());
      }
    }
  }
}
