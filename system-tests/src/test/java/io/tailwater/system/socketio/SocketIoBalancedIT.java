package io.tailwater.system.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.embedded.FreePort;
import io.tailwater.launcher.balancer.Balancer;
import io.tailwater.launcher.balancer.Bounds;
import io.tailwater.launcher.balancer.Gateway;
import io.tailwater.system.nginx.NginxServer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Polls of one session reach its gateway, whichever gateway a balancer gives them to. */
@OnPlatforms
final class SocketIoBalancedIT {
  private final InProcessPlatform platform;

  SocketIoBalancedIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void theUnmodifiedClientPollsBehindABalancerThatKnowsNothingOfSessions() throws Exception {
    try (TestBackend backend = new TestBackend(FreePort.choose());
        ExtraGateway one = SocketIoProgram.gateway(platform, "balanced one", backend, Map.of());
        ExtraGateway other = SocketIoProgram.gateway(platform, "balanced-2", backend, Map.of());
        GatewayProcess doomed =
            new GatewayProcess(platform, FreePort.choose(), "balanced-doomed")) {
      SocketIoProgram.run(
          "socketio-balanced",
          Map.of(
              "SOCKETIO_GATEWAYS", one.ready().address() + "," + other.ready().address(),
              "SOCKETIO_KILL", doomed.address() + "," + doomed.pid()));
      for (ExtraGateway gateway : List.of(one, other)) {
        MeterRegistry meters = gateway.context().getBean(MeterRegistry.class);
        assertThat(meters.get("tailwater.edge.hops").tag("outcome", "answered").counter().count())
            .isGreaterThan(10);
        assertThat(meters.get("tailwater.edge.hops.waiting").gauge().value()).isZero();
        assertThat(meters.get("tailwater.edge.hops.served").gauge().value()).isZero();
      }
    }
  }

  @Test
  void nginxAndTheLaunchersBalancerLeadASessionToItsGateway() throws Exception {
    NginxServer.require();
    List<URI> gateways = platform.gateways();
    try (NginxServer nginx = new NginxServer(gateways, false, "limits-off.conf");
        Balancer balancer =
            Balancer.open(
                Balancer.loopback(0),
                List.of(
                    gateway("edge-gateway-1", gateways.getFirst()),
                    gateway("edge-gateway-2", gateways.getLast())),
                Bounds.ofThisProcess())) {
      SocketIoProgram.run(
          "socketio-balanced",
          Map.of(
              "SOCKETIO_GATEWAYS", gateways.getFirst() + "," + gateways.getLast(),
              "SOCKETIO_STICKY", nginx.address() + ",http://127.0.0.1:" + balancer.port()));
    }
  }

  private static Gateway gateway(String name, URI address) {
    return new Gateway(name, new InetSocketAddress(address.getHost(), address.getPort()));
  }
}
