package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The pages of {@code examples/} and of the guide, of origins of their own, in a real Chromium. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ExamplePagesIT {
  private static final Pattern PAGE = Pattern.compile("```html\n(.*?)```", Pattern.DOTALL);

  private static final String LIVE = "document.getElementById('state').textContent === 'live'";
  private static final String SHOWS =
      "text => [...document.querySelectorAll('#cards input')].some(({value}) => value === text)";

  private static Chromium chromium;

  @BeforeAll
  static void open() {
    Tools.require("node (Debian: nodejs)", "node", "--version");
    Tools.require("npm (Debian: npm)", "npm", "--version");
    chromium = Chromium.open();
  }

  @AfterAll
  static void close() {
    if (chromium != null) {
      chromium.close();
    }
  }

  @Test
  void theOrderBoardShowsOrdersAndSoDoesTheGuidesPage(LaunchedPlatform platform) throws Exception {
    try (Example board = new Example("order-board", platform)) {
      Page page = board.open();
      page.waitForFunction("document.body.innerText.match(/orders:order-1\\s+shipped\\s+10/)");
      page.context().close();
      Matcher html = PAGE.matcher(Repository.read("docs/guide/own-topic.md"));
      assertThat(html.find()).isTrue();
      Path file = Files.createTempFile("orders-", ".html");
      Files.writeString(
          file, html.group(1).replace("127.0.0.1:8080", platform.balancer().getAuthority()));
      Page guides = chromium.page();
      guides.navigate(file.toUri().toString());
      guides.waitForFunction("document.body.innerText.includes('orders:order-1 paid')");
      guides.context().close();
    }
  }

  @Test
  void twoPagesChat(LaunchedPlatform platform) throws Exception {
    try (Example chat = new Example("websocket", platform)) {
      Page one = chat.open();
      Page other = chat.open();
      one.waitForFunction("document.getElementById('state').textContent === 'live'");
      one.fill("#text", "hello, other");
      one.click("button");
      other.waitForFunction("document.body.innerText.includes('hello, other')");
      one.context().close();
      other.context().close();
    }
  }

  @Test
  void answersGoOnAfterAReloadAndInASecondTab(LaunchedPlatform platform) throws Exception {
    try (Example chat = new Example("ai-chat", platform)) {
      Page page = chat.open();
      page.click("button >> text=Ask");
      page.click("button >> text=Ask");
      String bothAreWritten =
          "[...document.querySelectorAll('.answer')].filter((a) => a.textContent.length > 20).length === 2";
      page.waitForFunction(bothAreWritten);
      page.reload();
      page.waitForFunction(bothAreWritten);
      Page late = chat.openBeside(page, page.url());
      late.waitForFunction(bothAreWritten);
      // The button moves down while the answer grows.
      page.locator("section").first().locator("button").dispatchEvent("click");
      for (Page each : List.of(page, late)) {
        each.waitForFunction("document.querySelector('.state').textContent === 'cancelled'");
        assertThat(each.locator(".state").nth(1).textContent()).isNotEqualTo("cancelled");
      }
      assertThat(late.locator(".answer").first().textContent())
          .isEqualTo(page.locator(".answer").first().textContent());
      page.context().close();
    }
  }

  @Test
  void chatsOfTheAiSdkGoOnAfterAReloadAndInASecondTab(LaunchedPlatform platform) throws Exception {
    try (Example chat = new Example("ai-chat", platform)) {
      Page page = chat.open("sdk");
      page.locator("section").first().locator("button >> text=Ask").click();
      page.locator("section").nth(1).locator("button >> text=Ask").click();
      String bothAreWritten =
          "[...document.querySelectorAll('.assistant')].filter((a) => a.textContent.length > 20).length === 2";
      page.waitForFunction(bothAreWritten);
      page.reload();
      page.waitForFunction(bothAreWritten);
      Page late = chat.openBeside(page, page.url());
      late.waitForFunction(bothAreWritten);
      page.locator(".stop").first().click();
      for (Page each : List.of(page, late)) {
        each.waitForFunction("document.querySelector('.state').textContent === 'ready'");
        // The other one goes on. On a slow machine it has ended by now.
        assertThat(each.locator(".state").nth(1).textContent()).isIn("streaming", "ready");
        assertThat(each.locator(".user").count()).isEqualTo(2);
      }
      assertThat(late.locator(".assistant").first().textContent())
          .isEqualTo(page.locator(".assistant").first().textContent());
      page.evaluate("[...document.querySelectorAll('.stop')].forEach((stop) => stop.click())");
      page.context().close();
    }
  }

  @Test
  void anInboxIsReadWithATicket(LaunchedPlatform platform) throws Exception {
    try (Example inbox = new Example("sse-auth", platform)) {
      Page page = inbox.open();
      page.click("#notify");
      page.waitForFunction("document.body.innerText.includes('your parcel is on its way')");
      page.context().close();
    }
  }

  @Test
  void twoPagesShareABoardAlsoOffline(LaunchedPlatform platform) throws Exception {
    try (Example board = new Example("shared-board", platform)) {
      Page one = board.open();
      Page other = board.open();
      one.waitForFunction(LIVE);
      other.waitForFunction(LIVE);
      one.fill("#text", "milk");
      one.click("button >> text=Add");
      other.waitForFunction(SHOWS, "milk");
      // Offline, both change the card; the later of the two is what both have in the end.
      one.check("#offline");
      other.check("#offline");
      change(other, "butter");
      change(one, "oat milk");
      one.uncheck("#offline");
      one.waitForFunction(LIVE);
      other.uncheck("#offline");
      other.waitForFunction(SHOWS, "oat milk");
      one.waitForFunction(SHOWS, "oat milk");
      // Online, whoever was slower is asked.
      somebodyIsFaster(one, platform);
      change(one, "bread");
      one.waitForSelector("#conflict[open]");
      assertThat(one.textContent("#theirs")).contains("rice");
      one.click("#keep");
      other.waitForFunction(SHOWS, "bread");
      one.context().close();
      other.context().close();
    }
  }

  /** The next write of the page arrives after that of somebody else. */
  private static void somebodyIsFaster(Page page, LaunchedPlatform platform) {
    String card = page.locator("#cards input").getAttribute("id");
    page.route(
        address -> address.contains("&entry="),
        route -> {
          Http.send(
              HttpRequest.newBuilder(
                      platform.balancer().resolve("/v1/events?channel=board:shared&entry=" + card))
                  .header("Content-Type", "application/json")
                  .POST(HttpRequest.BodyPublishers.ofString("\"rice\"")));
          route.resume();
        },
        new Page.RouteOptions().setTimes(1));
  }

  private static void change(Page page, String text) {
    page.fill("#cards input", text);
    page.press("#cards input", "Tab");
  }

  @Test
  void twoPagesTalkDirectly(LaunchedPlatform platform) throws Exception {
    try (Example webrtc = new Example("webrtc", platform)) {
      Page one = webrtc.open();
      Page other = webrtc.open();
      String talks = "document.getElementById('state').textContent === 'talking to 1'";
      one.waitForFunction(talks);
      other.waitForFunction(talks);
      one.fill("#text", "no server hears this");
      one.click("button");
      other.waitForFunction("document.body.innerText.includes('no server hears this')");
      one.context().close();
      other.context().close();
    }
  }

  /** An example that serves a page. */
  private static final class Example implements AutoCloseable {
    private final Process process;
    private final String address;

    Example(String name, LaunchedPlatform platform) throws IOException {
      ProcessBuilder builder =
          new ProcessBuilder(Repository.path("examples/run").toString(), name)
              .redirectError(ProcessBuilder.Redirect.INHERIT);
      builder.environment().put("TAILWATER_URL", platform.balancer().toString());
      builder.environment().put("TAILWATER_JWT_KEY", Tokens.KEY);
      builder.environment().put("PORT", Integer.toString(FreePort.choose()));
      process = builder.start();
      address = process.inputReader().readLine().substring("page: ".length());
      Thread.ofVirtual()
          .name("example-" + name)
          .start(() -> process.inputReader().lines().forEach(line -> {}));
    }

    Page open() {
      return open("");
    }

    Page open(String path) {
      return opened(chromium.page(), address + path);
    }

    /** Another tab of the same browser, with the same storage. */
    Page openBeside(Page page, String address) {
      return opened(page.context().newPage(), address);
    }

    private static Page opened(Page page, String address) {
      page.setDefaultTimeout(60_000);
      page.navigate(address);
      return page;
    }

    @Override
    public void close() throws InterruptedException {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
    }
  }
}
