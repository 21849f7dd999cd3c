package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Health and metrics have a port of their own, and what is public has none of theirs. */
@OnPlatforms
final class ManagementIT {
  private static final List<String> PATHS =
      List.of("/health", "/health/readiness", "/health/liveness", "/prometheus");

  @Test
  void aGatewayAnswersForItselfOnlyOnItsPortOfManagement(InProcessPlatform platform) {
    List<URI> gateways = platform.gateways();
    List<URI> management = platform.management().getOrDefault("edge-gateway", List.of());
    for (int i = 0; i < gateways.size(); i++) {
      for (String path : PATHS) {
        assertThat(status(management.get(i), path)).as(path).isEqualTo(200);
        for (String spelling : List.of(path, path + "/", "//" + path.substring(1))) {
          assertThat(status(gateways.get(i), spelling)).as(spelling).isEqualTo(404);
        }
      }
      assertThat(status(management.get(i), "/v1/channel?channel=demo:a")).isEqualTo(404);
    }
  }

  @Test
  void aBrowserMayNeitherGuessTypesNorFrameAnAnswer(InProcessPlatform platform) {
    for (String path : List.of("/v1/channel?channel=demo:a", "/v1/openapi.yaml", "/nothing")) {
      Http.Answer answer = get(platform.gateways().getFirst(), path);
      assertThat(answer.headers().allValues("x-content-type-options"))
          .as(path)
          .containsExactly("nosniff");
      assertThat(answer.headers().allValues("content-security-policy"))
          .as(path)
          .containsExactly("frame-ancestors 'self'");
    }
  }

  private static int status(URI service, String path) {
    return get(service, path).status();
  }

  private static Http.Answer get(URI service, String path) {
    return Http.send(HttpRequest.newBuilder(URI.create(service + path)));
  }
}
