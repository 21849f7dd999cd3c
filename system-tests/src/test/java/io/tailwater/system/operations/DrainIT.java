package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How a gateway lets go of its clients. */
@OnPlatforms
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
        StreamPeek stream = StreamPeek.open(gateway.address(), Wanted.of("drained", channel));
        WsPeer peer = WsPeer.connect(gateway.address())) {
      stream.untilLive(1);
      peer.await("welcome");
      gateway.tellToStop();
      await("it is not ready")
          .atMost(LIMIT)
          .until(() -> Http.readiness(gateway.management()) == 503);
      Http.publish(platform.gateways().getFirst(), channel, "\"still served\"");
      List<Block> blocks = stream.untilEnd();
      assertThat(blocks).anyMatch(block -> "\"still served\"".equals(block.data()));
      assertThat(blocks.getLast().type()).isEqualTo("tw.retry");
      JsonNode disconnect = peer.await("disconnect").path("disconnect");
      assertThat(disconnect.path("code").asInt()).isEqualTo(4503);
      assertThat(disconnect.path("retry_ms").asLong()).isPositive();
      assertThat(peer.closed()).isEqualTo(4503);
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
}
