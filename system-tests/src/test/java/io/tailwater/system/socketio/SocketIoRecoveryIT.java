package io.tailwater.system.socketio;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A socket that was cut goes on where it was: on another gateway, and after its own was killed. */
@OnPlatforms
final class SocketIoRecoveryIT {
  private final InProcessPlatform platform;

  SocketIoRecoveryIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void theUnmodifiedClientIsRecoveredWithAllThatItMissed() throws Exception {
    try (TestBackend backend = new TestBackend(FreePort.choose());
        ExtraGateway one = SocketIoProgram.gateway(platform, "socketio-one", backend, Map.of());
        ExtraGateway other =
            SocketIoProgram.gateway(platform, "socketio-other", backend, Map.of());
        GatewayProcess doomed =
            new GatewayProcess(platform, FreePort.choose(), "socketio-doomed")) {
      SocketIoProgram.run(
          "socketio-recovery",
          Map.of(
              "SOCKETIO_GATEWAYS", one.ready().address() + "," + other.ready().address(),
              "SOCKETIO_KILL", doomed.address() + "," + doomed.pid()));
    }
  }
}
