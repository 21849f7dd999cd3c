package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.tailwater.system.Tools;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The documentation at {@code /docs} in a real Chromium: search, phones, accessibility. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class DocsPagesIT {
  private static final Path PICTURES = Path.of("target", "browser");
  private static final List<String> PAGES =
      List.of("", "/guide/chat", "/guide/zh/4-broadcast", "/decisions", "/security");

  private static Chromium chromium;

  @BeforeAll
  static void open() throws IOException {
    Tools.require("node (Debian: nodejs)", "node", "--version");
    Files.createDirectories(PICTURES);
    chromium = Chromium.open();
  }

  @AfterAll
  static void close() {
    if (chromium != null) {
      chromium.close();
    }
  }

  private static Page page(LaunchedPlatform platform, int width, int height, ColorScheme colors) {
    Page page = chromium.page(width, height, colors);
    page.setDefaultTimeout(60_000);
    page.navigate(platform.balancer().resolve("/docs").toString());
    return page;
  }

  @Test
  void aSectionIsFoundByItsWords(LaunchedPlatform platform) {
    Page page = page(platform, 1280, 800, ColorScheme.LIGHT);
    List<String> errors = new ArrayList<>();
    page.onConsoleMessage(message -> errors.add(message.text()));
    page.press("body", "/");
    page.keyboard().type("replayed bytes");
    page.waitForSelector("#found li");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("docs-search.png")));
    page.fill("#words", "tw.reset");
    page.click("#found a >> text=tw.reset");
    page.waitForURL("**/docs/protocol#block-twreset");
    assertThat(
            (boolean)
                page.evaluate(
                    "() => document.getElementById('block-twreset')"
                        + ".getBoundingClientRect().top < innerHeight"))
        .isTrue();
    assertThat(errors).isEmpty();
    page.context().close();
  }

  @Test
  void aPhoneHasTheContentsBehindAButton(LaunchedPlatform platform) {
    Page page = page(platform, 390, 844, ColorScheme.DARK);
    assertThat(page.isVisible("nav")).isFalse();
    page.click("#menu");
    page.click("nav a >> text=Chat");
    page.waitForURL("**/docs/guide/chat");
    page.screenshot(new Page.ScreenshotOptions().setPath(PICTURES.resolve("docs-phone.png")));
    for (String path : PAGES) {
      page.navigate(platform.balancer().resolve("/docs" + path).toString());
      assertThat(page.evaluate("document.documentElement.scrollWidth")).as(path).isEqualTo(390);
    }
    page.context().close();
  }

  @Test
  void axeFindsNothing(LaunchedPlatform platform) throws Exception {
    Axe axe = Axe.load();
    Page page = page(platform, 1280, 800, ColorScheme.LIGHT);
    for (String path : PAGES) {
      page.navigate(platform.balancer().resolve("/docs" + path).toString());
      axe.findsNothing(page);
    }
    page.fill("#words", "position");
    page.waitForSelector("#found li");
    axe.findsNothing(page);
    page.navigate(platform.balancer().toString());
    axe.findsNothing(page);
    page.context().close();
  }
}
