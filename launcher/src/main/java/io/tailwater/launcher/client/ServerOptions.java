package io.tailwater.launcher.client;

import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which server a command talks to, and as whom. */
final class ServerOptions {
  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "The server. Default: $TAILWATER_URL, else http://127.0.0.1:8080.")
  String url = environment("TAILWATER_URL").orElse("http://127.0.0.1:8080");

  @Option(
      names = "--token",
      paramLabel = "JWT",
      description = "Sent as Authorization: Bearer. Default: $TAILWATER_TOKEN, else none.")
  @Nullable String token = environment("TAILWATER_TOKEN").orElse(null);

  Server server() {
    try {
      URI base = new URI(url.endsWith("/") ? url : url + "/");
      if (base.getHost() != null
          && (base.getScheme().equals("http") || base.getScheme().equals("https"))) {
        return new Server(base, token, Ticker.system());
      }
    } catch (URISyntaxException e) {
      // The same sentence as for any other text that is no address.
    }
    throw new LaunchException(
        ExitStatus.USAGE, "'" + url + "' is no server address; http://127.0.0.1:8080 is one.");
  }

  private static Optional<String> environment(String name) {
    return Optional.ofNullable(System.getenv(name)).filter(value -> !value.isEmpty());
  }
}
