package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The documents of the contract that a gateway serves. */
@OnPlatforms
final class DocumentsIT {
  private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");

  private final URI gateway;

  DocumentsIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void whatTheOpenApiDocumentNamesIsThere() {
    Http.Answer answer = get("/v1/openapi.yaml");
    assertThat(answer.contentType()).isEqualTo("application/yaml");
    Map<String, Map<String, Map<String, Object>>> document = new Yaml().load(answer.body());
    Map<String, Map<String, Object>> paths = document.getOrDefault("paths", Map.of());
    assertThat(paths).containsKeys("/v1/events", "/v1/channel", "/v1/ai/streams/{id}");
    List<String> missing = new ArrayList<>();
    paths.forEach(
        (path, operations) ->
            operations.keySet().stream()
                .filter(METHODS::contains)
                .filter(method -> !there(method, path))
                .forEach(method -> missing.add(method + " " + path)));
    assertThat(missing).isEmpty();
  }

  /** Nothing is asked for, so it is refused; but not because there is nothing. */
  private boolean there(String method, String path) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve(path.replace("{id}", "none")))
                .header("Accept", "application/json")
                .method(method.toUpperCase(Locale.ROOT), HttpRequest.BodyPublishers.noBody()));
    return answer.status() != 405 && !answer.body().contains("there is nothing at");
  }

  @Test
  void theDefinitionsAreServed() {
    for (String name : List.of("frames", "event", "event_core", "ai")) {
      Http.Answer answer = get("/v1/" + name + ".proto");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("package tailwater.v1;");
    }
    assertThat(get("/v1/secrets.proto").status()).isEqualTo(404);
  }

  private Http.Answer get(String path) {
    return Http.send(HttpRequest.newBuilder(gateway.resolve(path)));
  }
}
