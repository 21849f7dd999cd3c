package io.tailwater.system.socketio;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a program with Socket.IO's own client does, and the protocol beneath it by hand. */
@OnPlatforms
final class SocketIoIT {
  /** Short enough to wait for; a client on a busy machine would miss some. */
  private static final Map<String, Object> HASTY =
      Map.of(
          "tailwater.edge.socketio.ping-interval", "300ms",
          "tailwater.edge.socketio.ping-timeout", "200ms",
          "tailwater.edge.socketio.connect-within", "3s",
          "tailwater.edge.socketio.recovery", "0s");

  private final InProcessPlatform platform;

  SocketIoIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @ParameterizedTest
  @ValueSource(strings = {"socket.io-client", "socket.io-client-3"})
  void theUnmodifiedClientConnectsReadsPublishesAndCalls(String client) throws Exception {
    try (TestBackend backend = new TestBackend(FreePort.choose());
        ExtraGateway gateway =
            SocketIoProgram.gateway(platform, "edge-gateway-socketio", backend, Map.of());
        ExtraGateway hasty =
            SocketIoProgram.gateway(platform, "edge-gateway-hasty", backend, HASTY)) {
      SocketIoProgram.run(
          "socketio",
          Map.of(
              "SOCKETIO_GATEWAYS",
              gateway.ready().address() + "," + hasty.ready().address(),
              "SOCKETIO_CLIENT",
              client));
      await("the backend is told of a push whose socket has ended")
          .atMost(Duration.ofSeconds(30))
          .until(
              () -> backend.acknowledged.stream().anyMatch(a -> a.getCode().equals("unavailable")));
    }
  }
}
