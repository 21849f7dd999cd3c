package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The files of the console: whole, from this gateway alone, and with a policy that browsers keep.
 */
@OnPlatforms
final class ConsoleIT {
  private static final Pattern LINKED =
      Pattern.compile("(?:src|href|from|import)\\s*=?\\s*['\"](/[a-z0-9/.-]+)['\"]");

  private final URI gateway;

  ConsoleIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void everyFileThatThePageNamesIsServedByTheGateway() {
    assertThat(get("/console").contentType()).startsWith("text/html");
    assertWhole("/console", List.of());
  }

  private void assertWhole(String path, List<String> before) {
    Http.Answer file = get(path);
    assertThat(file.status()).as(path).isEqualTo(200);
    assertThat(file.body()).doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML");
    List<String> seen = new java.util.ArrayList<>(before);
    seen.add(path);
    LINKED
        .matcher(file.body())
        .results()
        .map(found -> found.group(1))
        .filter(linked -> linked.startsWith("/console/") || linked.startsWith("/v1/client"))
        .filter(linked -> !seen.contains(linked))
        .forEach(linked -> assertWhole(linked, seen));
  }

  @Test
  void noScriptIsInlineAndNoneComesFromElsewhere() {
    Http.Answer page = get("/console");
    assertThat(page.headers().firstValue("content-security-policy").orElseThrow())
        .contains("default-src 'none'", "script-src 'self'", "frame-ancestors 'none'")
        .doesNotContain("unsafe", "http:", "https:", "*");
    assertThat(page.body())
        .doesNotContainPattern("<script(?![^>]*src=)")
        .doesNotContainPattern("\\son[a-z]+=")
        .doesNotContain("<style", "style=", "//cdn");
  }

  @Test
  void aFileThatTheBrowserHasIsNotSentAgain() {
    String tag = get("/console/app.js").headers().firstValue("etag").orElseThrow();
    Http.Answer again =
        Http.send(
            HttpRequest.newBuilder(gateway.resolve("/console/app.js"))
                .header("If-None-Match", tag));
    assertThat(again.status()).isEqualTo(304);
    assertThat(get("/console/other.js").status()).isEqualTo(404);
  }

  private Http.Answer get(String path) {
    return Http.send(HttpRequest.newBuilder(gateway.resolve(path)));
  }
}
