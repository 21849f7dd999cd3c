package io.tailwater.system.limits;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;

/** A client that stops reading costs the gateway nothing, and loses nothing. */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class SlowReaderIT {
  private static final int EVENT_BYTES = 25_000;
  private static final int BATCH = 100;
  private static final int EVENTS = Scale.of(1_000, 2_000);
  private static final int WARM_UPS = Scale.of(1, 2);
  private static final long MOST_GROWTH_KIB = 16 * 1024;
  private static final Duration STUCK = Duration.ofSeconds(Scale.of(5, 30));
  private static final Duration LIMIT = Duration.ofSeconds(120);

  @Test
  void aClientThatStopsReadingWhileMegabytesComeCostsNoMemoryAndGetsEverythingAfterwards(
      InProcessPlatform platform) throws Exception {
    URI publishing = platform.gateways().getFirst();
    try (GatewayProcess gateway = new GatewayProcess(platform)) {
      // What is taken once (buffers of each loop, compiled code) is not what is looked for.
      long warmUpNanos = 0;
      for (int i = 0; i < WARM_UPS; i++) {
        warmUpNanos = traffic(publishing, gateway, new Channel(Namespaces.DEMO, "warm up " + i));
      }
      long before = gateway.residentKib();

      Channel channel = new Channel(Namespaces.DEMO, "slow");
      Wanted stuck = Wanted.of("stuck", channel).withReceiveBytes(65_536);
      try (Reader slow = Transport.SSE.open(stuck, List.of(gateway.address()));
          Reader quick =
              Transport.SSE.open(Wanted.of("quick", channel), List.of(gateway.address()))) {
        awaitLive(slow, channel);
        awaitLive(quick, channel);
        slow.pause();
        long began = System.nanoTime();
        List<Position> ids = publish(publishing, channel);
        awaitAll(quick, channel, ids);
        long quickNanos = System.nanoTime() - began;
        await()
            .atMost(STUCK.plusSeconds(5))
            .until(() -> System.nanoTime() - began > STUCK.toNanos());
        long whileStuck = gateway.residentKib();
        int seenWhileStuck = slow.seen().count();
        slow.resume();
        awaitAll(slow, channel, ids);
        long after = gateway.residentKib();
        System.out.printf(
            "slow reader: RSS %d KiB after the warm-up, %+d while it was stuck, %+d in the end;"
                + " %d MB in %d ms to a reader beside it, %d ms without%n",
            before,
            whileStuck - before,
            after - before,
            EVENTS * EVENT_BYTES / 1_000_000,
            quickNanos / 1_000_000,
            warmUpNanos / 1_000_000);
        assertThat(seenWhileStuck).as("it was stuck").isLessThan(EVENTS / 2);
        assertThat(slow.connections()).as("it was not thrown out").isEqualTo(1);
        assertThat(whileStuck - before).isLessThanOrEqualTo(MOST_GROWTH_KIB);
        assertThat(after - before).isLessThanOrEqualTo(MOST_GROWTH_KIB);
        assertThat(quickNanos)
            .as("a reader beside it is not slower")
            .isLessThan(warmUpNanos * 3 / 2 + Duration.ofSeconds(2).toNanos());
        for (Reader reader : List.of(slow, quick)) {
          assertThat(reader.seen().events(channel).stream().map(Seen.Event::id))
              .containsExactlyElementsOf(ids);
          assertThat(reader.seen().resets()).isEmpty();
          assertThat(reader.seen().violations()).isEmpty();
        }
      }
    }
  }

  /** How long the same traffic takes to a reader that keeps up, nanoseconds. */
  private static long traffic(URI publishing, GatewayProcess gateway, Channel channel) {
    try (Reader reader =
        Transport.SSE.open(Wanted.of("keeps up", channel), List.of(gateway.address()))) {
      awaitLive(reader, channel);
      long began = System.nanoTime();
      awaitAll(reader, channel, publish(publishing, channel));
      return System.nanoTime() - began;
    }
  }

  private static List<Position> publish(URI gateway, Channel channel) {
    List<Position> ids = new ArrayList<>();
    for (int sent = 0; sent < EVENTS; sent += BATCH) {
      ids.addAll(Http.publishBatch(gateway, channel, BATCH, EVENT_BYTES));
    }
    return ids;
  }

  private static void awaitLive(Reader reader, Channel channel) {
    await().atMost(LIMIT).until(() -> reader.seen().liveOn(channel) > 0);
  }

  private static void awaitAll(Reader reader, Channel channel, List<Position> ids) {
    await()
        .atMost(LIMIT)
        .pollInterval(Duration.ofMillis(20))
        .until(() -> ids.getLast().equals(reader.seen().newest(channel)));
  }
}
