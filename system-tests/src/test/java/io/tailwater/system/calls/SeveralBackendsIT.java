package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Several instances of the platform's backend at once, one of which is lost. */
@OnPlatforms
final class SeveralBackendsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  @Test
  void callsGoOnWhenOneIsLostAndEachMessageIsThereOnce(InProcessPlatform platform)
      throws Exception {
    int port = FreePort.choose();
    try (ApplicationContext second = platform.backend("grpc-backend-2", port);
        Relay way = new Relay(URI.create("http://127.0.0.1:" + port));
        ExtraGateway gateway =
            platform.gateway(
                Map.of(
                    "tailwater.edge.backends",
                    List.of(platform.backendAddress(), way.address().getAuthority())))) {
      assertThat(second.isRunning()).isTrue();
      gateway.ready();
      await().atMost(LIMIT).until(() -> links(gateway) == 2);
      try (Conversation conversation =
          new Conversation(gateway.address(), "chat:several backends", 15)) {
        conversation.awaitUnderWay();
        way.cut();
        System.out.printf("calls: %d repeated after a backend was lost%n", conversation.end());
      }
      assertThat(links(gateway)).isEqualTo(1);
      way.up();
      await("it is connected again").atMost(LIMIT).until(() -> links(gateway) == 2);
    }
  }

  private static int links(ExtraGateway gateway) {
    return Http.send(HttpRequest.newBuilder(gateway.management().resolve("/prometheus")))
        .body()
        .lines()
        .filter(line -> line.startsWith("tailwater_edge_backend_links"))
        .mapToInt(line -> (int) Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }
}
