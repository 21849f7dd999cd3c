package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.browser.Chromium;
import io.tailwater.system.browser.DemoPage;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.platform.ComposePlatform;
import io.tailwater.system.platform.Tokens;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code docker compose up}, through nginx. */
@Tag("compose")
final class ComposeIT extends DeliveryContract {
  @BeforeAll
  static void needsDocker() {
    boolean possible = ComposePlatform.isPossible();
    if (!possible) {
      System.out.println("ComposeIT is skipped: no Docker engine with compose answers here");
    }
    assumeTrue(possible, "no Docker engine");
  }

  @Test
  void keepsEveryEventWhileEachContainerIsKilledInTurn(ComposePlatform platform) throws Exception {
    deliver(
        platform,
        Transport.SSE,
        "compose",
        LOAD,
        delivery -> {
          for (String service : ComposePlatform.SERVICES) {
            System.out.println("compose: killing " + service);
            platform.kill(service);
            platform.start(service);
            delivery.awaitPublications(PROGRESS);
          }
        });
  }

  @Test
  void saysNothingSecretAndSpeaksJson(ComposePlatform platform) throws Exception {
    for (String service : java.util.List.of("edge-gateway-1", "event-core-1", "nginx")) {
      String log = platform.log(service);
      assertThat(log).doesNotContain(Tokens.KEY);
      JsonNode line =
          Json.read(
              log.lines()
                  .filter(one -> one.contains("{\""))
                  .map(one -> one.substring(one.indexOf('{')))
                  .findFirst()
                  .orElseThrow());
      assertThat(line.path("level").asText()).isNotEmpty();
    }
  }

  @Test
  @Tag("browser")
  void theDemoPageSurvivesCutsThroughNginx(ComposePlatform platform) {
    try (Chromium chromium = Chromium.open();
        DemoPage page = DemoPage.open(chromium, platform.address())) {
      page.start(1_500);
      for (int cuts = 0; cuts < 3; cuts++) {
        page.cut();
      }
      page.awaitEnd();
      JsonNode state = page.state();
      assertThat(state.path("lost").asInt()).as("lost").isZero();
      assertThat(state.path("repeated").asInt()).as("repeated").isZero();
      assertThat(state.path("same").asBoolean()).as("read again by the page").isTrue();
    }
  }
}
