package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.Json;
import io.tailwater.system.browser.Chromium;
import io.tailwater.system.browser.DemoPage;
import io.tailwater.system.calls.Conversation;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.delivery.DeliveryContract;
import io.tailwater.system.platform.Compose;
import io.tailwater.system.platform.ComposePlatform;
import io.tailwater.system.platform.Tokens;
import io.tailwater.system.presence.Onlooker;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** {@code docker compose up}, through nginx. */
@Tag("compose")
final class ComposeIT extends DeliveryContract {
  private static final int BACKEND_KILLS = 2;
  private static final int MESSAGES = 100;

  /** What docs/protocol.md promises of clients that vanish, and the grace of these tests. */
  private static final int NOTICED_SECONDS = 45;

  private static final int GRACE_SECONDS = 5;
  private static final int SLACK_SECONDS = 5;

  @BeforeAll
  static void needsDocker() {
    boolean possible = Compose.isPossible();
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
  void eachCallIsAnsweredWhileTheBackendIsKilled(ComposePlatform platform) throws Exception {
    for (int kill = 0; kill < BACKEND_KILLS; kill++) {
      try (Conversation conversation =
          new Conversation(platform.address(), "chat:compose calls " + kill, MESSAGES)) {
        conversation.awaitUnderWay();
        platform.kill("grpc-backend");
        assertThat(conversation.isUnderWay()).isTrue();
        platform.start("grpc-backend");
        System.out.printf(
            "compose: %d calls repeated after the backend was killed%n", conversation.end());
      }
    }
  }

  @Test
  void whoIsPresentIsSeenThroughNginxAndLeavesWhenItsNetworkVanishes(ComposePlatform platform) {
    String channel = "chat:compose-presence";
    try (Onlooker onlooker = Onlooker.open(platform.address(), channel);
        WsPeer lena = Onlooker.present(platform.address(), "lena", channel)) {
      String device =
          platform.reader(
              "/v1/events?channel=" + channel + "&present=true", Onlooker.bearer("max"));
      onlooker.until(seen -> seen.members().size() == 2 && !seen.stale());
      lena.echoAndEnd(1000);
      onlooker.until(seen -> !seen.members().contains("lena"));
      assertThat(onlooker.members()).containsExactly("max");
      long unplugged = System.nanoTime();
      platform.unplug(device);
      onlooker.until(seen -> seen.members().isEmpty());
      double seconds = (System.nanoTime() - unplugged) / 1e9;
      System.out.printf("compose: a device without a network left after %.1f s%n", seconds);
      assertThat(seconds).isLessThan(NOTICED_SECONDS + GRACE_SECONDS + SLACK_SECONDS);
    }
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
