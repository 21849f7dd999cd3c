package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import io.tailwater.contract.Channel;
import io.tailwater.system.browser.Chromium;
import io.tailwater.system.ledger.Truth;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The outbox in IndexedDB, in a real Chromium. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ClientOfflineIT {
  private static final double LIMIT_MS = 90_000;
  private static final String OPEN =
      """
      async () => {
        const {createClient} = await import('/v1/client.js');
        const {persistentOutbox} = await import('/v1/client/offline.js');
        window.settled = [];
        window.client = createClient({outbox: persistentOutbox(), backoff: {min: 50, max: 500}});
        client.on('settled', verdict => settled.push(verdict.key));
      }
      """;
  private static final String PUBLISH =
      """
      ({channel, keys}) => Promise.all(
        keys.map(key => client.channel(channel).publish(key, {key}).then(() => key)))
      """;
  private static final String HAND_IN =
      """
      async ({channel, keys}) => {
        for (const key of keys) client.channel(channel).publish(key, {key}).catch(() => {});
        const opened = await new Promise((resolve, reject) => {
          const request = indexedDB.open('tailwater-outbox');
          request.onsuccess = () => resolve(request.result);
          request.onerror = () => reject(request.error);
        });
        const count = () => new Promise(resolve => {
          opened.transaction('entries').objectStore('entries').count().onsuccess =
            event => resolve(event.target.result);
        });
        while (await count() < keys.length) await new Promise(done => setTimeout(done, 20));
        opened.close();
      }
      """;

  private final InProcessPlatform platform;
  private final URI gateway;
  private Chromium chromium;
  private BrowserContext browser;

  ClientOfflineIT(InProcessPlatform platform) {
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
  void whatIsPublishedOfflineIsSentOnceAndInOrderByThePageThatComesNext() {
    Channel channel = new Channel(Namespaces.DEMO, "client offline");
    Page before = open();
    publish(before, channel, "online");
    browser.setOffline(true);
    before.evaluate(HAND_IN, Map.of("channel", channel.toString(), "keys", List.of("a", "b", "c")));
    before.close();
    browser.setOffline(false);
    Page next = open();
    next.waitForFunction("() => settled.length === 3");
    assertThat(next.evaluate("() => settled")).isEqualTo(List.of("a", "b", "c"));
    assertThat(published(channel)).containsExactly("online", "a", "b", "c");
  }

  @Test
  void ofSeveralTabsOneSendsAndWhenItIsGoneAnotherDoes() {
    Channel channel = new Channel(Namespaces.DEMO, "client tabs outbox");
    Page first = open();
    publish(first, channel, "1");
    Page second = open();
    publish(second, channel, "2");
    Page third = open();
    publish(third, channel, "3");
    first.close();
    publish(third, channel, "4");
    publish(second, channel, "5");
    assertThat(published(channel)).containsExactly("1", "2", "3", "4", "5");
  }

  private Page open() {
    Page page = browser.newPage();
    page.setDefaultTimeout(LIMIT_MS);
    // Any document of the gateway's origin.
    page.navigate(gateway.resolve("/v1/frames.proto").toString());
    page.evaluate(OPEN);
    return page;
  }

  /** Returns when the event is stored. */
  private static void publish(Page page, Channel channel, String key) {
    page.evaluate(PUBLISH, Map.of("channel", channel.toString(), "keys", List.of(key)));
  }

  /** The keys of a channel's events, by Kafka's own word. */
  private List<String> published(Channel channel) {
    return Truth.read(platform.bootstrapServers(), Set.of(channel.namespace()))
        .events(channel)
        .stream()
        .map(Truth.Event::key)
        .toList();
  }
}
