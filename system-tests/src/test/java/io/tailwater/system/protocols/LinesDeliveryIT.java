package io.tailwater.system.protocols;

import io.tailwater.system.clients.LineWire;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Platform;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The contract over a protocol that only these tests have: {@link LineStreams}, {@link
 * LineTransport} and {@link LineFormat} use the gateway as it is.
 */
final class LinesDeliveryIT extends DeliveryContract {
  @Test
  void aProtocolThatTheGatewayDoesNotKnowKeepsEveryEvent(InProcessPlatform platform)
      throws Exception {
    try (ExtraGateway one = gateway(platform, "edge-gateway-lines-1", Map.of());
        ExtraGateway other =
            gateway(
                platform,
                "edge-gateway-lines-2",
                // So that readers go through pages, and their connections fill up.
                Map.of(
                    "micronaut.server.netty.child-options.so-sndbuf", 8_192,
                    "tailwater.edge.tail-bytes", 4_096,
                    "tailwater.edge.tails-bytes", 65_536))) {
      deliver(
          new Gateways(List.of(one.address(), other.address()), platform.bootstrapServers()),
          new LineWire(),
          "lines",
          LOAD,
          delivery -> delivery.awaitPublications(PROGRESS));
    }
  }

  private static ExtraGateway gateway(
      InProcessPlatform platform, String name, Map<String, Object> settings) {
    Map<String, Object> all = new HashMap<>(settings);
    all.put("tailwater.instance", name);
    all.put(LineStreams.SETTING, true);
    return platform.gateway(all).ready();
  }

  /** Other gateways of a platform, which outlives them. */
  private record Gateways(List<URI> gateways, String bootstrapServers) implements Platform {
    @Override
    public void close() {}
  }
}
