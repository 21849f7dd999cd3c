package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Truth;
import io.tailwater.system.platform.KafkaTopics;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The demo page and README's page in a real Chromium, with its own EventSource. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class BrowserIT {
  private static final Path PICTURES = Path.of("target", "browser");
  private static final Pattern PAGE = Pattern.compile("```html\n(.*?)```", Pattern.DOTALL);
  private static final Channel HELLO = new Channel(Namespaces.DEMO, "hello");
  // 20 seconds: several times what three cuts take.
  private static final int CUT_TOKENS = 1_000;
  // Ten minutes: those answers are stopped by their tests.
  private static final int ENDLESS_TOKENS = 30_000;
  private static final int CUTS = 3;
  private static final int MOST_CUTS = 8;
  private static final List<String> GATEWAYS = List.of("edge-gateway-1", "edge-gateway-2");

  private static Chromium chromium;

  @BeforeAll
  static void openChromium() throws IOException {
    Files.createDirectories(PICTURES);
    chromium = Chromium.open();
  }

  @AfterAll
  static void closeChromium() {
    if (chromium != null) {
      chromium.close();
    }
  }

  @Test
  void anAnswerThatIsCutThreeTimesOverTwoGatewaysIsTheTextThatWasGenerated(
      LaunchedPlatform platform) throws Exception {
    try (DemoPage page =
        DemoPage.open(chromium, platform.balancer(), 1280, 800, ColorScheme.LIGHT)) {
      page.start(CUT_TOKENS);
      for (int cuts = 0; cuts < CUTS || !page.gateways().containsAll(GATEWAYS); cuts++) {
        assertThat(cuts).as("cuts without both gateways").isLessThan(MOST_CUTS);
        page.cut();
      }
      page.awaitEnd();
      // docs/demo.png is this picture.
      page.screenshotOfScreen(PICTURES.resolve("three-cuts.png"));
      assertThat(page.state().path("finish").path("finish_reason").asText()).isEqualTo("length");
      assertWhole(page, platform);
      page.passes(Axe.load());
    }
  }

  @Test
  @ResourceLock(Platforms.LAUNCHED)
  void aPageSurvivesTheKillAndReturnOfBothGateways(LaunchedPlatform platform) throws Exception {
    try (DemoPage page = DemoPage.open(chromium, platform.balancer())) {
      page.start(ENDLESS_TOKENS);
      int heard = page.state().path("hello").asInt();
      String killed = page.gateway();
      page.press("kill");
      page.await("tailwater.state === 'live' && tailwater.gateway !== '" + killed + "'");
      platform.awaitReady(killed);
      GATEWAYS.forEach(platform::hold);
      page.await("tailwater.state === 'lost'");
      sayByKafka(platform, "while no gateway was there");
      GATEWAYS.forEach(platform::release);
      page.await("tailwater.state === 'live' && tailwater.hello > " + heard);
      Http.publish(platform.gateways().getFirst(), HELLO, "\"afterwards\"");
      page.await("tailwater.hello > " + (heard + 1));
      page.stop();
      assertThat(page.state().path("hello").asInt()).isEqualTo(heard + 2);
      assertThat(page.reconnects()).isGreaterThanOrEqualTo(2);
      assertWhole(page, platform);
    }
  }

  @Test
  void aPageThatGoesOfflineAndIsLoadedAgainHasTheWholeAnswer(LaunchedPlatform platform) {
    try (DemoPage page = DemoPage.open(chromium, platform.balancer())) {
      page.start(ENDLESS_TOKENS);
      page.press("offline");
      page.await("tailwater.state === 'offline'");
      page.await("tailwater.reconnects === 1 && tailwater.state === 'live'");
      assertThat(page.state().path("replayed").asInt()).as("replayed").isPositive();
      String before = page.text();
      page.reload();
      page.await("tailwater.text.length > " + before.length());
      page.stop();
      assertThat(page.text()).startsWith(before);
      assertWhole(page, platform);
    }
  }

  @Test
  void anAnswerThatChangesItsTransportWhileItRunsAndIsCutIsTheTextThatWasGenerated(
      LaunchedPlatform platform) {
    try (DemoPage page = DemoPage.open(chromium, platform.balancer())) {
      page.start(ENDLESS_TOKENS);
      page.cut();
      page.changeTo("websocket");
      page.cut();
      page.screenshot(PICTURES.resolve("by-websocket.png"));
      for (String transport : List.of("long-poll", "short-poll", "sse")) {
        int before = page.state().path("events").asInt();
        page.changeTo(transport);
        page.await("tailwater.events > " + before);
      }
      page.stop();
      page.screenshot(PICTURES.resolve("four-transports.png"));
      assertThat(page.state().path("changes").asInt()).as("changes").isEqualTo(4);
      assertThat(page.reconnects()).as("reconnects").isGreaterThanOrEqualTo(2);
      assertWhole(page, platform);
    }
  }

  @ParameterizedTest
  @CsvSource({"1280, 800, LIGHT", "1280, 800, DARK", "390, 844, LIGHT", "390, 844, DARK"})
  void theAnswerAndWhatBreaksItAreSeenWithoutScrolling(
      int width, int height, ColorScheme colors, LaunchedPlatform platform) {
    try (DemoPage page = DemoPage.open(chromium, platform.balancer(), width, height, colors)) {
      page.start(ENDLESS_TOKENS);
      page.cut();
      page.screenshotOfScreen(PICTURES.resolve("first-screen-%d-%s.png".formatted(width, colors)));
      for (String part :
          List.of("text", "stop", "map", "status", "cut", "offline", "kill", "way", "start")) {
        assertThat(page.isWhole(part)).as(part).isTrue();
      }
      assertThat(page.height("text")).as("height of the answer").isGreaterThan(180);
      assertThat(page.scrollsSideways()).isFalse();
      page.stop();
    }
  }

  @Test
  void whatOnePageSaysInTheChatAppearsInAnotherAndBehindIt(LaunchedPlatform platform) {
    try (DemoPage ann = DemoPage.open(chromium, platform.balancer());
        DemoPage ben = DemoPage.open(chromium, platform.balancer())) {
      ann.await("tailwater.typing");
      ben.await("tailwater.typing");
      ann.type("Ann", "is somebody there?");
      ben.await("document.querySelector('#typing').textContent === 'Ann is typing…'");
      ann.send();
      ben.awaitChat("Ann", "is somebody there?");
      ann.awaitChat("Ann (you)", "is somebody there?");
      ben.type("Ben", "somebody is");
      ben.send();
      ann.awaitChat("Ben", "somebody is");
      ann.screenshot(PICTURES.resolve("chat.png"));
      assertThat(Truth.read(platform.bootstrapServers(), Set.of(HELLO.namespace())).events(HELLO))
          .extracting(Truth.Event::data)
          .filteredOn(data -> data.contains("somebody"))
          .hasSize(2);
    }
  }

  @Test
  void readmesPageShowsEveryEvent(LaunchedPlatform platform) throws Exception {
    URI balancer = platform.balancer();
    Path file = PICTURES.resolve("readme.html");
    Files.writeString(file, readmesPage().replace("127.0.0.1:8080", balancer.getAuthority()));
    Page page = chromium.page();
    try {
      Http.publish(balancer, HELLO, "{\"text\":\"before\"}");
      page.navigate(file.toUri().toString());
      awaitItems(page, platform);
      Http.publish(balancer, HELLO, "{\"text\":\"after\"}");
      awaitItems(page, platform);
      assertThat(page.locator("#events li").allTextContents()).isEqualTo(ids(platform, HELLO));
    } finally {
      page.context().close();
    }
  }

  private static String readmesPage() throws IOException {
    String readme = Files.readString(Path.of("").toAbsolutePath().resolveSibling("README.md"));
    return PAGE.matcher(readme)
        .results()
        .map(found -> found.group(1))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("README has no web page"));
  }

  private static void awaitItems(Page page, LaunchedPlatform platform) {
    page.waitForFunction(
        "count => document.querySelectorAll('#events li').length >= count",
        ids(platform, HELLO).size());
  }

  private static List<String> ids(LaunchedPlatform platform, Channel channel) {
    return Truth.read(platform.bootstrapServers(), Set.of(channel.namespace()))
        .events(channel)
        .stream()
        .map(event -> event.id().toString())
        .toList();
  }

  /** Nothing lost, nothing repeated, and the text is what Kafka holds. */
  private static void assertWhole(DemoPage page, LaunchedPlatform platform) {
    JsonNode state = page.state();
    assertThat(state.path("lost").asInt()).as("lost").isZero();
    assertThat(state.path("repeated").asInt()).as("repeated").isZero();
    assertThat(state.path("same").asBoolean()).as("read again by the page").isTrue();
    assertThat(page.text()).isNotEmpty().isEqualTo(generated(platform, page.channel()));
  }

  /** The text of an answer, by Kafka's own word. */
  private static String generated(LaunchedPlatform platform, Channel channel) {
    StringBuilder text = new StringBuilder();
    Truth.read(platform.bootstrapServers(), Set.of(channel.namespace()))
        .events(channel)
        .forEach(event -> text.append(deltaText(event.data())));
    return text.toString();
  }

  private static String deltaText(String data) {
    try {
      JsonNode read = Json.read(data);
      return read.path("kind").asText().equals("text") ? read.path("text").asText() : "";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("an event of an AI answer is no JSON: " + data, e);
    }
  }

  private static void sayByKafka(LaunchedPlatform platform, String words) throws Exception {
    try (KafkaTopics topics = new KafkaTopics(platform.bootstrapServers());
        var producer = topics.producer(Map.of())) {
      producer
          .send(KafkaTopics.record(HELLO.namespace(), HELLO.key(), Json.write(words)))
          .get(Duration.ofSeconds(30).toSeconds(), TimeUnit.SECONDS);
    }
  }
}
