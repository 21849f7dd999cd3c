package io.tailwater.system.socketio;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The chat tutorial's client, unchanged, on the example's backend in place of a Node server. */
@OnPlatforms
final class SocketIoExampleIT {
  private static final Duration LIMIT = Duration.ofSeconds(120);

  private final InProcessPlatform platform;

  SocketIoExampleIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void theChatTutorialsClientChatsWithoutItsServer() throws Exception {
    Tools.require("node (Debian: nodejs)", "node", "--version");
    int backend = FreePort.choose();
    int port = FreePort.choose();
    try (ExtraGateway gateway =
        platform.gateway(
            Map.of(
                "tailwater.instance",
                "socketio-example",
                "tailwater.edge.backends",
                "127.0.0.1:" + backend))) {
      Process example = start(gateway.ready().address(), backend, port);
      try {
        URI page = URI.create("http://127.0.0.1:" + port + "/");
        await("the example serves its page")
            .atMost(LIMIT)
            .ignoreExceptions()
            .until(() -> Http.send(HttpRequest.newBuilder(page)).status() == 200);
        SocketIoProgram.run("socketio-example", Map.of("SOCKETIO_PAGE", page.toString()));
      } finally {
        example.destroyForcibly().waitFor();
      }
    }
  }

  private static Process start(URI gateway, int backend, int port) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(Repository.path("examples/run").toString(), "socket-io")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder
        .environment()
        .putAll(
            Map.of(
                "PORT", Integer.toString(port),
                "BACKEND_PORT", Integer.toString(backend),
                "TAILWATER_URL", gateway.toString(),
                "TAILWATER_JWT_KEY", Tokens.KEY));
    return builder.start();
  }
}
