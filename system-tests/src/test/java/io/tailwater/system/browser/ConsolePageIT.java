package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ReducedMotion;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The console in a real Chromium, among readers and events whose names would like to be markup. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ConsolePageIT {
  private static final Path PICTURES = Path.of("target", "browser");
  private static final double LIMIT_MS = 60_000;
  private static final String MARKUP = "<img src=x onerror=alert(1)>";
  private static final Channel HOSTILE = new Channel("demo", MARKUP);
  private static final Channel BOARD = new Channel("board", "console");

  /** What the pages show when they are complete. */
  private static final Map<String, String> PAGES = new LinkedHashMap<>();

  static {
    PAGES.put("", "#main td >> text=" + MARKUP);
    PAGES.put("connections", "#main td >> text=" + MARKUP);
    PAGES.put("channels", "#main td >> text=" + MARKUP);
    PAGES.put("channel/" + Wanted.encoded(HOSTILE.toString()).replace("+", "%20"), "ol.events li");
    PAGES.put("namespaces", "#main h2 >> text=demo");
    PAGES.put("ai", "#main tbody tr");
    PAGES.put("tokens", "#main tbody tr");
  }

  private static Chromium chromium;
  private static ExtraGateway development;
  private static URI production;
  private static String axe;
  private static StreamPeek reader;

  @BeforeAll
  static void start(InProcessPlatform platform) throws IOException {
    Files.createDirectories(PICTURES);
    production = platform.gateways().getFirst();
    development =
        platform
            .gateway(
                platform.withAiStreams(
                    Map.of(
                        "tailwater.instance",
                        "edge-gateway-console",
                        "redis.uri",
                        platform.redis().uri(),
                        "tailwater.edge.dev",
                        true)))
            .ready();
    axe = Axe.load().script();
    Http.publish(production, HOSTILE, Json.write(Map.of("text", MARKUP)));
    reader = reader(MARKUP);
    reader.untilLive(1);
    chromium = Chromium.open();
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
    }
    reader.close();
    development.close();
  }

  private static StreamPeek reader(String subject) {
    return StreamPeek.open(
        production,
        "/v1/events?channel=" + Wanted.encoded(HOSTILE.toString()),
        Map.of(
            "Accept",
            "text/event-stream",
            "Authorization",
            "Bearer " + Tokens.token(subject, List.of("demo:*"), List.of())));
  }

  /** A page, with what went wrong on it so far. */
  private record Console(Page page, List<String> faults) implements AutoCloseable {
    static Console open(URI gateway) {
      Page page = chromium.page();
      List<String> faults = new ArrayList<>();
      page.setDefaultTimeout(LIMIT_MS);
      page.onDialog(
          dialog -> {
            faults.add("a dialog: " + dialog.message());
            dialog.dismiss();
          });
      page.onPageError(faults::add);
      page.onConsoleMessage(
          message -> {
            if (message.text().contains("Policy") || message.text().contains("Trusted")) {
              faults.add(message.text());
            }
          });
      page.addInitScript(axe);
      page.setViewportSize(1280, 800);
      // Else colours are looked at while they change.
      page.emulateMedia(new Page.EmulateMediaOptions().setReducedMotion(ReducedMotion.REDUCE));
      page.navigate(gateway.resolve("/console").toString());
      return new Console(page, faults);
    }

    /** Shows a page, and returns when it is complete. */
    void show(String address, String complete) {
      page.evaluate("address => { location.hash = '#/' + address; }", address);
      page.locator(complete).first().waitFor();
    }

    void assertSound(String what) {
      Object violations =
          page.evaluate(
              """
              async () => (await axe.run(document, {resultTypes: ['violations']})).violations
                  .map(v => v.id + ': ' + v.nodes.map(n => n.html).join(' | '))\
              """);
      assertThat((List<?>) violations).as("axe: " + what).isEmpty();
      assertThat((Integer) page.evaluate("document.documentElement.scrollWidth - innerWidth"))
          .as("beyond the window: " + what)
          .isNotPositive();
      assertThat(page.locator("main img, main script").count()).as("markup: " + what).isZero();
      assertThat(faults).as(what).isEmpty();
    }

    void screenshot(String name) {
      page.screenshot(
          new Page.ScreenshotOptions()
              .setPath(PICTURES.resolve("console-" + name + ".png"))
              .setFullPage(true));
    }

    @Override
    public void close() {
      page.context().close();
    }
  }

  @Test
  void everyPageIsSoundOnALaptopAndOnAPhoneInLightAndInDark() {
    try (Console console = Console.open(development.address())) {
      PAGES.forEach(
          (address, complete) -> {
            console.show(address, complete);
            for (Look look : Axe.LOOKS) {
              look.at(console.page);
              String name =
                  (address.isEmpty() ? "overview" : address.replaceFirst("/.*", "-page"))
                      + "-"
                      + look;
              console.assertSound(name);
              console.screenshot(name);
            }
          });
    }
  }

  @Test
  void badTokensGetASignInPageThatSaysWhatIsWrong() {
    try (Console console = Console.open(production)) {
      Page page = console.page;
      for (Map.Entry<String, String> wrong :
          Map.of(
                  "nonsense",
                  "cannot be read",
                  "two words",
                  "one word",
                  Tokens.token("alice", List.of("*"), List.of("*")),
                  "admin.*")
              .entrySet()) {
        page.fill("textarea[name=token]", wrong.getKey());
        page.click("button[type=submit]");
        page.locator("[role=alert] >> text=" + wrong.getValue()).waitFor();
      }
      console.assertSound("sign-in");
      console.screenshot("sign-in");
      page.fill("textarea[name=token]", Tokens.caller("operator", List.of("admin.*")));
      page.press("textarea[name=token]", "Tab");
      page.keyboard().press("Enter");
      page.locator("#live >> text=live").waitFor();
      assertThat(page.url()).endsWith("/console");
      page.click("text=Sign out");
      page.locator("textarea[name=token]").waitFor();
      page.reload();
      page.locator("textarea[name=token]").waitFor();
      assertThat(console.faults).isEmpty();
    }
  }

  @Test
  void aConsoleThatHasJustBeenOpenedDoesNotCallItsChannelQuiet() {
    try (Console console = Console.open(development.address())) {
      Page page = console.page;
      page.clock().setFixedTime(System.currentTimeMillis());
      // Never answered, so that only the gateway that was asked reports.
      page.route("**/v1/events*", route -> {});
      page.reload();
      page.locator("#main >> text=edge-gateway-console").first().waitFor();
      page.locator("#main >> text=Waiting for the first report").waitFor();
    }
  }

  @Test
  void aReaderIsFoundAndDisconnected() {
    try (Console console = Console.open(development.address());
        StreamPeek theirs = reader("mallory-console")) {
      theirs.untilLive(1);
      console.show("connections?subject=mallory-console", "#main td >> text=mallory-console");
      assertThat(console.page.locator("#main tbody tr").count()).isEqualTo(1);
      console.page.click("#main tbody button");
      assertThat(theirs.untilEnd().getLast().type()).isEqualTo("tw.retry");
      console.page.locator("#says >> text=1 ended").waitFor();
      assertThat(console.faults).isEmpty();
    }
  }

  @Test
  void aChannelsPageShowsWhatComesAndWhatItsStateIs() {
    Http.publish(production, BOARD, "1");
    Http.Answer stored =
        Http.send(
            java.net.http.HttpRequest.newBuilder(
                    production.resolve("/v1/events?channel=board:console&entry=a-card"))
                .header("Content-Type", "application/json")
                .POST(java.net.http.HttpRequest.BodyPublishers.ofString("{\"title\":\"first\"}")));
    assertThat(stored.status()).as(stored.body()).isEqualTo(201);
    try (Console console = Console.open(development.address())) {
      console.show("channel/board%3Aconsole", "th >> text=a-card");
      console.page.locator("text=Live tail >> xpath=../.. >> text=live").first().waitFor();
      Http.publish(production, BOARD, "\"from elsewhere\"");
      Locator tail = console.page.locator("ol[aria-label='Live tail'] li");
      tail.filter(new Locator.FilterOptions().setHasText("from elsewhere")).waitFor();
      console.page.fill("textarea[name=data]", "{\"text\":\"" + MARKUP + "\"}");
      console.page.click("text=Publish >> nth=-1");
      tail.filter(new Locator.FilterOptions().setHasText(MARKUP)).waitFor();
      console.page.fill("textarea[name=data]", "{");
      console.page.click("text=Publish >> nth=-1");
      console.page.locator("text=not JSON").waitFor();
      console.assertSound("state");
    }
  }

  @Test
  void tokensAreMadeRevokedAndTakenBack() {
    try (Console console = Console.open(development.address())) {
      Page page = console.page;
      console.show("tokens", "text=Make a token");
      page.click("button >> text=Make a token");
      page.waitForFunction("() => document.querySelector('textarea[readonly]').value.length > 20");
      page.fill("input[name=name]", "mallory-revoked");
      page.click("button >> text=Revoke");
      page.click("dialog button >> text=Revoke");
      Locator row = page.locator("tr >> text=mallory-revoked");
      row.waitFor();
      page.click("[aria-label='Take the revocation of mallory-revoked back']");
      row.waitFor(
          new Locator.WaitForOptions()
              .setState(com.microsoft.playwright.options.WaitForSelectorState.DETACHED));
      assertThat(console.faults).isEmpty();
    }
  }
}
