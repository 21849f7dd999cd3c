package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The example of a backend in Node, in place of ours: a client of the contract with stock tools.
 */
@OnPlatforms
final class OwnBackendIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final String ALICE = Tokens.caller("alice", List.of("*"));
  private static final String BOB = Tokens.caller("bob", List.of("*"));

  private final InProcessPlatform platform;

  OwnBackendIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void theExampleAnswersCallsInPlaceOfOurs() throws Exception {
    Tools.require("node (Debian: nodejs)", "node", "--version");
    int port = FreePort.choose();
    Process backend = start(port);
    try (ExtraGateway gateway =
        platform.gateway(
            Map.of(
                "redis.uri",
                platform.redis().uri(),
                "tailwater.edge.backends",
                "127.0.0.1:" + port))) {
      URI address = gateway.ready().address();
      await("the backend answers")
          .atMost(LIMIT)
          .until(() -> call(address, ALICE, "echo", "1", "").status() == 200);
      assertThat(
              call(address, ALICE, "echo", "{\"n\":[1,null]}", "").json().path("data").toString())
          .isEqualTo("{\"n\":[1,null]}");
      assertThat(call(address, ALICE, "seat.take", "{\"seat\":\"B4\"}", "k-1").body())
          .isEqualTo("{\"data\":{\"seat\":\"B4\",\"by\":\"alice\"}}");
      assertThat(call(address, ALICE, "seat.take", "{\"seat\":\"B5\"}", "k-1").body())
          .as("the same key, carried out once")
          .contains("B4");
      try (WsPeer socket = WsPeer.connect(address, "Authorization: Bearer " + ALICE)) {
        socket.await("welcome");
        socket.text("{\"id\":1,\"call\":{\"method\":\"seat.take\",\"data\":{\"seat\":\"C1\"}}}");
        assertThat(socket.await("push").path("push").toString())
            .isEqualTo("{\"type\":\"seat\",\"data\":{\"seat\":\"C1\"}}");
      }
      Http.Answer taken = call(address, BOB, "seat.take", "{\"seat\":\"B4\"}", "");
      assertThat(taken.status()).isEqualTo(409);
      assertThat(taken.json().path("code").asText()).isEqualTo("seat_taken");
      Http.Answer wrong = call(address, BOB, "seat.take", "{\"seat\":\"Z9\"}", "k");
      assertThat(wrong.status()).isEqualTo(400);
      assertThat(wrong.json().path("details").toString())
          .isEqualTo("[{\"field\":\"seat\",\"problem\":\"is A1 to H9\"}]");
      assertThat(call(address, ALICE, "nothing", "1", "").status()).isEqualTo(404);
    } finally {
      backend.destroyForcibly().waitFor();
    }
  }

  private static Process start(int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(Repository.path("examples/run").toString(), "backend-node")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.environment().put("PORT", Integer.toString(port));
    return builder.start();
  }

  private static Http.Answer call(
      URI gateway, String token, String method, String data, String key) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/calls"))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"method\":\"%s\",\"data\":%s,\"key\":\"%s\"}"
                        .formatted(method, data, key))));
  }
}
