package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What an open console costs a gateway with many connections. It prints the figures and judges the
 * size of what is sent; CPU is not judged, since a machine may do other work besides.
 */
@Tag("long")
@OnPlatforms
final class OverviewCostIT {
  private static final int CONNECTIONS = Scale.of(500, 5_000);
  private static final int CHANNELS = Scale.of(200, 2_000);
  private static final int REPORTS = 15;
  private static final int ROUNDS = 3;

  /** A report must fit the tail of an ephemeral channel. */
  private static final int MAX_REPORT_BYTES = 16 << 10;

  private static final String OPERATOR = Tokens.caller("operator", List.of("admin.*"));

  @Test
  void anOpenConsoleIsCheapAndWhatItGetsIsSmall(InProcessPlatform platform) throws Exception {
    List<StreamPeek> readers = new ArrayList<>();
    try (GatewayProcess gateway = new GatewayProcess(platform)) {
      for (int i = 0; i < CONNECTIONS; i++) {
        readers.add(
            StreamPeek.open(
                gateway.address(),
                "/v1/events?channel=demo:load-" + i % CHANNELS + "&channel=brief:" + i % CHANNELS,
                Map.of("Accept", "text/event-stream")));
      }
      readers.forEach(reader -> reader.untilLive(2));
      // The compiler's work is over after the first round.
      for (int round = 0; round < ROUNDS; round++) {
        double without = cpuShare(gateway, () -> quiet(gateway));
        int[] bytes = new int[1];
        double with = cpuShare(gateway, () -> bytes[0] = watched(gateway));
        System.out.printf(
            "%d connections, %d channels: %.2f %% of a core without a console, %.2f %% with one;"
                + " reports of at most %d bytes%n",
            CONNECTIONS, CHANNELS, 100 * without, 100 * with, bytes[0]);
        assertThat(bytes[0]).isLessThan(MAX_REPORT_BYTES);
      }
    } finally {
      readers.forEach(StreamPeek::close);
    }
  }

  private interface Phase {
    void run();
  }

  private static double cpuShare(GatewayProcess gateway, Phase phase) {
    long cpu = gateway.cpuNanos();
    long start = System.nanoTime();
    phase.run();
    return (double) (gateway.cpuNanos() - cpu) / (System.nanoTime() - start);
  }

  /** As long as a console is open otherwise. */
  private static void quiet(GatewayProcess gateway) {
    for (int i = 0; i < REPORTS; i++) {
      // A long poll of a silent channel is a wait that costs next to nothing.
      Http.send(
          HttpRequest.newBuilder(
                  gateway.address().resolve("/v1/events?channel=brief:silence&from=latest&wait=2"))
              .header("Accept", "application/json"));
    }
  }

  private static int watched(GatewayProcess gateway) {
    int largest = 0;
    try (StreamPeek console =
        StreamPeek.open(
            gateway.address(),
            "/v1/events?channel=admin:overview",
            Map.of("Accept", "text/event-stream", "Authorization", "Bearer " + OPERATOR))) {
      for (int reports = 0; reports < REPORTS; ) {
        Block block = console.next();
        String data = Objects.requireNonNullElse(block.data(), "{}");
        if (block.type().equals("gateway")
            && Json.tree(data).path("gateway").asText().equals("edge-gateway-alone")) {
          reports++;
          largest = Math.max(largest, data.length());
          assertThat(Json.tree(data).path("connections").asInt()).isGreaterThan(CONNECTIONS);
        }
      }
    }
    return largest;
  }
}
