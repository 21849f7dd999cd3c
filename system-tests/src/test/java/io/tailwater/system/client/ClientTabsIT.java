package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.gson.JsonObject;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import io.tailwater.contract.Channel;
import io.tailwater.system.browser.Chromium;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import io.tailwater.system.presence.Onlooker;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tabs that share one connection, in a real Chromium. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ClientTabsIT {
  private static final double LIMIT_MS = 120_000;
  private static final Duration LIMIT = Duration.ofSeconds(120);
  private static final String OPEN =
      """
      async ({channel, transport}) => {
        const {createSharedClient} = await import('/v1/client/tabs.js');
        window.got = [];
        window.wasLive = false;
        window.client = createSharedClient({transport, backoff: {min: 50, max: 500}});
        window.subscription = client.channel(channel).subscribe(event => got.push(event.data));
        subscription.on('live', () => wasLive = true);
      }
      """;
  private static final String PRESENT =
      """
      async ({channel, transport, token}) => {
        const {createSharedClient} = await import('/v1/client/tabs.js');
        const {presence} = await import('/v1/client/presence.js');
        window.left = [];
        window.client = createSharedClient({transport, token, backoff: {min: 50, max: 500}});
        window.here = presence(client.channel(channel), {present: true});
        here.on('change', change => left.push(...change.left.map(member => member.subject)));
      }
      """;
  private static final String BUSY =
      """
      () => setTimeout(() => {
        for (const until = Date.now() + 12_000; Date.now() < until;);
      }, 0)
      """;

  private final InProcessPlatform platform;
  private final URI gateway;
  private final List<Integer> published = new ArrayList<>();
  private Chromium chromium;
  private BrowserContext browser;

  ClientTabsIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  @BeforeEach
  void openChromium() {
    chromium = Chromium.open();
    browser = chromium.session();
  }

  @AfterEach
  void closeChromium() {
    chromium.close();
  }

  @Test
  void threeTabsHaveOneConnectionAndWhenTheLeadingTabIsGoneAnotherGoesOn() {
    Channel channel = new Channel(Namespaces.DEMO, "client tabs gone");
    List<Page> tabs = tabs(3, channel, "auto");
    publish(channel, 3);
    haveAll(tabs);
    assertThat(connections(channel)).isEqualTo(1);
    tabs.getFirst().close();
    publish(channel, 3);
    List<Page> left = tabs.subList(1, 3);
    haveAll(left);
    await().atMost(LIMIT).until(() -> connections(channel) == 1);
    left.getFirst().evaluate("channel => client.channel(channel).publish(7)", channel.toString());
    published.add(7);
    haveAll(left);
  }

  @Test
  @Tag("long")
  void aLeadingTabThatIsFrozenOrHangsIsReplacedAndFollowsWhenItIsBack() {
    Channel channel = new Channel(Namespaces.DEMO, "client tabs frozen");
    List<Page> tabs = tabs(3, channel, "sse");
    CDPSession session = browser.newCDPSession(tabs.getFirst());
    session.send("Page.setWebLifecycleState", state("frozen"));
    publish(channel, 3);
    haveAll(tabs.subList(1, 3));
    session.send("Page.setWebLifecycleState", state("active"));
    haveAll(tabs);
    await().atMost(LIMIT).until(() -> connections(channel) == 1);
    // The second leads now. A tab that hangs can tell nobody.
    tabs.get(1).evaluate(BUSY);
    publish(channel, 3);
    haveAll(List.of(tabs.get(0), tabs.get(2)));
    haveAll(tabs);
    await().atMost(LIMIT).until(() -> connections(channel) == 1);
  }

  @Test
  @Tag("long")
  void tenTabsOfAnOriginWithSixConnectionsReadAndPublish() {
    Channel channel = new Channel(Namespaces.DEMO, "client tabs ten");
    List<Page> tabs = tabs(10, channel, "sse");
    for (Page tab : tabs) {
      int next = published.size();
      tab.evaluate(
          "([channel, data]) => client.channel(channel).publish(data)",
          List.of(channel.toString(), next));
      published.add(next);
    }
    haveAll(tabs);
    assertThat(connections(channel)).isEqualTo(1);
  }

  @Test
  @Tag("long")
  void aPageThatIsLeftLeavesTheConnectionToAnother() {
    Channel channel = new Channel(Namespaces.DEMO, "client tabs left");
    List<Page> tabs = tabs(2, channel, "auto");
    Page first = tabs.getFirst();
    first.navigate(gateway.resolve("/v1/event.proto").toString());
    publish(channel, 3);
    haveAll(tabs.subList(1, 2));
    await().atMost(LIMIT).until(() -> connections(channel) == 1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"websocket", "sse"})
  void tabsOfOnePersonAreSeenOnceAndThePersonLeavesWithTheLast(String transport) throws Exception {
    Channel channel = new Channel(Namespaces.CHAT, "client tabs present " + transport);
    try (Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel.toString())) {
      List<Page> tabs =
          IntStream.range(0, 3).mapToObj(i -> presentTab(channel, transport)).toList();
      onlooker.until(seen -> seen.members().contains("lena") && !seen.stale());
      CompletableFuture<Void> left =
          CompletableFuture.runAsync(() -> onlooker.until(seen -> seen.members().isEmpty()));
      for (int closed = 0; closed < 2; closed++) {
        tabs.get(closed).close();
        // Longer than the grace.
        await().pollDelay(Duration.ofSeconds(8)).atMost(LIMIT).until(() -> true);
        tabs.get(2).waitForFunction("() => here.members.has('lena') && !here.stale");
        assertThat(left).as("nobody saw it").isNotDone();
      }
      tabs.get(2).close();
      left.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }
  }

  @Test
  void aTabThatOnlyFollowsLeavesWhenItIsClosed() {
    Channel other = new Channel(Namespaces.CHAT, "client tabs elsewhere");
    Channel channel = new Channel(Namespaces.CHAT, "client tabs follower");
    try (Onlooker onlooker = Onlooker.open(platform.gateways().getLast(), channel.toString())) {
      Page leading = presentTab(other, "websocket");
      Page following = presentTab(channel, "websocket");
      onlooker.until(seen -> seen.members().contains("lena"));
      long closed = System.nanoTime();
      following.close();
      onlooker.until(seen -> seen.members().isEmpty());
      assertThat((System.nanoTime() - closed) / 1e9).isLessThan(20);
      assertThat(leading.evaluate("() => here.members.has('lena')")).isEqualTo(true);
    }
  }

  private Page presentTab(Channel channel, String transport) {
    Page page = browser.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    page.navigate(gateway.resolve("/v1/frames.proto").toString());
    page.evaluate(
        PRESENT,
        Map.of(
            "channel",
            channel.toString(),
            "transport",
            transport,
            "token",
            Onlooker.token("lena")));
    page.waitForFunction("() => here.members.has('lena')");
    return page;
  }

  private List<Page> tabs(int count, Channel channel, String transport) {
    return IntStream.range(0, count).mapToObj(i -> tab(channel, transport)).toList();
  }

  private Page tab(Channel channel, String transport) {
    Page page = browser.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    // Any document of the gateway's origin.
    page.navigate(gateway.resolve("/v1/frames.proto").toString());
    page.evaluate(OPEN, Map.of("channel", channel.toString(), "transport", transport));
    page.waitForFunction("() => wasLive");
    return page;
  }

  private void publish(Channel channel, int count) {
    for (int i = 0; i < count; i++) {
      int next = published.size();
      Http.publish(gateway, channel, String.valueOf(next));
      published.add(next);
    }
  }

  private void haveAll(List<Page> tabs) {
    for (Page tab : tabs) {
      tab.waitForFunction("count => got.length >= count", published.size());
      assertThat(tab.evaluate("() => got")).isEqualTo(published);
    }
  }

  private long connections(Channel channel) {
    String query = URLEncoder.encode(channel.toString(), StandardCharsets.UTF_8);
    return Http.send(
            HttpRequest.newBuilder(gateway.resolve("/v1/admin/connections?channel=" + query))
                .header(
                    "Authorization",
                    "Bearer " + Tokens.caller("admin", List.of("admin.connections"))))
        .json()
        .path("connections")
        .size();
  }

  private static JsonObject state(String state) {
    JsonObject parameters = new JsonObject();
    parameters.addProperty("state", state);
    return parameters;
  }
}
