package io.tailwater.system.browser;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.ColorScheme;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The Chromium of this machine, driven by Playwright, which downloads no browser of its own.
 * Confined to the thread that opened it.
 */
public final class Chromium implements AutoCloseable {
  private static final List<String> NAMES = List.of("chromium", "chromium-browser");
  // Root, as in CI, gets no sandbox; nothing here may go to the network but to what is tested.
  private static final List<String> ARGUMENTS =
      List.of(
          "--no-sandbox",
          "--disable-gpu",
          "--disable-quic",
          "--disable-dev-shm-usage",
          "--no-first-run",
          "--disable-background-networking",
          // Else a page of WebRTC names itself by multicast DNS, which few machines of tests
          // answer.
          "--disable-features=WebRtcHideLocalIpsWithMdns",
          "--disable-component-update",
          "--disable-sync");

  private final Playwright playwright;
  private final Browser browser;

  private Chromium(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /**
   * Starts it.
   *
   * @throws IllegalStateException if this machine has none; says what to install
   */
  public static Chromium open() {
    Path executable = find();
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    try {
      return new Chromium(
          playwright,
          playwright
              .chromium()
              .launch(
                  new BrowserType.LaunchOptions()
                      .setExecutablePath(executable)
                      .setHeadless(true)
                      .setArgs(ARGUMENTS)));
    } catch (RuntimeException e) {
      playwright.close();
      throw e;
    }
  }

  private static Path find() {
    return Stream.of(System.getenv("PATH").split(File.pathSeparator))
        .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "The browser tests (-Pbrowser) need Chromium on the PATH: install the package"
                        + " chromium (Debian: apt-get install chromium)."));
  }

  /** A session of its own, for several pages. */
  public BrowserContext session() {
    return browser.newContext();
  }

  /** A page with a session of its own. */
  public Page page() {
    return session().newPage();
  }

  /** A page with a session of its own, on a screen of this size in pixels. */
  public Page page(int width, int height, ColorScheme colors) {
    return browser
        .newContext(
            new Browser.NewContextOptions().setViewportSize(width, height).setColorScheme(colors))
        .newPage();
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
