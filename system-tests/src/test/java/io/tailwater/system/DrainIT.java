package io.tailwater.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.embedded.FreePort;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** How a gateway lets go of its clients. */
@ExtendWith(Platforms.class)
final class DrainIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void aGatewayThatIsToldToStopIsNotReadyServesOnAndSendsItsClientsAway(InProcessPlatform platform)
      throws Exception {
    Channel channel = Channel.parse("demo:drain");
    try (GatewayProcess gateway =
            new GatewayProcess(
                platform,
                FreePort.choose(),
                "edge-gateway-draining",
                "-Dtailwater.edge.drain.notice=5s",
                "-Dtailwater.edge.drain.window=2s");
        StreamPeek stream = StreamPeek.open(gateway.address(), Wanted.of("drained", channel))) {
      stream.untilLive(1);
      gateway.tellToStop();
      await("it is not ready").atMost(LIMIT).until(() -> readiness(gateway.address()) == 503);
      Http.publish(platform.gateways().getFirst(), channel, "\"still served\"");
      List<Block> blocks = stream.untilEnd();
      assertThat(blocks).anyMatch(block -> "\"still served\"".equals(block.data()));
      assertThat(blocks.getLast().type()).isEqualTo("tw.retry");
      gateway.awaitEnd();
    }
  }

  @Test
  void aConnectionThatIsTooOldIsSentAway(InProcessPlatform platform) throws Exception {
    Channel channel = Channel.parse("demo:too old");
    try (GatewayProcess gateway =
            new GatewayProcess(
                platform,
                FreePort.choose(),
                "edge-gateway-aging",
                "-Dtailwater.edge.heartbeat=1s",
                "-Dtailwater.edge.drain.max-age=2s");
        StreamPeek stream = StreamPeek.open(gateway.address(), Wanted.of("old", channel))) {
      assertThat(stream.untilEnd().getLast().type()).isEqualTo("tw.retry");
    }
  }

  private static int readiness(URI gateway) {
    return Http.send(HttpRequest.newBuilder(gateway.resolve("/health/readiness"))).status();
  }
}
