package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.Repository;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The client as gateways serve it. */
@OnPlatforms
final class ClientServedIT {
  private static final Path DIST = Repository.path("client-js/dist");

  private final List<URI> gateways;

  ClientServedIT(InProcessPlatform platform) {
    this.gateways = platform.gateways();
  }

  @Test
  void everyGatewayServesEveryFileToPagesOfAnyOrigin() throws IOException {
    for (URI gateway : gateways) {
      for (Path file : files()) {
        Http.Answer answer =
            Http.send(request(gateway, file).header("Origin", "https://elsewhere.example"));
        assertThat(answer.status()).as(file.toString()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(Files.readString(file));
        assertThat(answer.headers().allValues("access-control-allow-origin")).containsExactly("*");
        assertThat(header(answer, "cross-origin-resource-policy")).contains("cross-origin");
        assertThat(header(answer, "cache-control").orElse("")).contains("max-age=300");
        assertThat(answer.contentType())
            .isEqualTo(
                file.toString().endsWith(".js")
                    ? "text/javascript; charset=utf-8"
                    : "text/plain; charset=utf-8");
      }
    }
  }

  @Test
  void aFileThatIsKnownIsNotSentAgainByAnyGateway() throws IOException {
    Path file = DIST.resolve("client.js");
    String tag = header(Http.send(request(gateways.getFirst(), file)), "etag").orElseThrow();
    for (URI gateway : gateways) {
      for (String known : List.of(tag, "W/" + tag, "\"other\", " + tag, "*")) {
        Http.Answer answer = Http.send(request(gateway, file).header("If-None-Match", known));
        assertThat(answer.status()).as(known).isEqualTo(304);
        assertThat(answer.body()).isEmpty();
        assertThat(header(answer, "etag")).contains(tag);
      }
      assertThat(Http.send(request(gateway, file).header("If-None-Match", "\"other\"")).status())
          .isEqualTo(200);
    }
  }

  @Test
  void anUnknownPartIsNotFoundAndTheAnswerNamesTheFilesThatExist() {
    Http.Answer answer =
        Http.send(HttpRequest.newBuilder(gateways.getFirst().resolve("/v1/client/none.js")));
    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.json().path("message").asText()).contains("client.d.ts", "client.js");
  }

  @Test
  void aPingIsAnsweredWithoutContent() {
    for (URI gateway : gateways) {
      Http.Answer answer = Http.send(HttpRequest.newBuilder(gateway.resolve("/v1/ping")));
      assertThat(answer.status()).isEqualTo(204);
      assertThat(answer.body()).isEmpty();
    }
  }

  private static List<Path> files() throws IOException {
    try (Stream<Path> files = Files.walk(DIST)) {
      return files.filter(Files::isRegularFile).toList();
    }
  }

  private static HttpRequest.Builder request(URI gateway, Path file) {
    return HttpRequest.newBuilder(gateway.resolve("/v1/" + DIST.relativize(file)));
  }

  private static Optional<String> header(Http.Answer answer, String name) {
    return answer.headers().firstValue(name);
  }
}
