package io.tailwater.system.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.Route;
import io.tailwater.contract.Channel;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.browser.Chromium;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The npm package in pages that Vite has built, with React in strict mode, in a real Chromium. */
@Tag("browser")
@Tag("long")
@OnPlatforms
final class ClientReactIT {
  private static final Path FOLDER = Repository.path("client-js");
  private static final double LIMIT_MS = 120_000;
  private static final String PAGE = "/app/";

  private final URI gateway;

  ClientReactIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
  }

  @ParameterizedTest
  @ValueSource(strings = {"18", "19"})
  void aPageThatViteHasBuiltShowsEveryEventOnceInStrictMode(String react, @TempDir Path folder)
      throws Exception {
    Path app = build(react, folder);
    Channel channel = new Channel(Namespaces.DEMO, "client react " + react);
    List<String> errors = new ArrayList<>();
    try (Chromium chromium = Chromium.open()) {
      Page page = chromium.page();
      page.setDefaultTimeout(LIMIT_MS);
      page.onPageError(errors::add);
      page.route(gateway.resolve(PAGE) + "**", route -> serve(route, app));
      page.navigate(gateway.resolve(PAGE + "index.html?" + react).toString());
      shows(page, "live 0 true 0 true");
      Http.publish(gateway, channel, "1");
      Http.publish(gateway, channel, "2");
      shows(page, "live 2 true 0 true");
      page.click("#put");
      shows(page, "live 2 true 1 true");
      page.click("#publish");
      shows(page, "live 3 true 1 true");
      // Hidden and shown: the hooks start again.
      page.click("#toggle");
      page.waitForFunction("() => !document.querySelector('#view')");
      page.click("#toggle");
      shows(page, "live 0 true 1 true");
    }
    assertThat(errors).isEmpty();
  }

  private static Path build(String react, Path folder) throws Exception {
    ClientBuildIT.install();
    Tools.npm(FOLDER, "pack", "--pack-destination", folder.toString());
    Files.writeString(
        folder.resolve("package.json"),
        """
        {"private": true, "type": "module", "scripts": {"build": "vite build --base=./"}}
        """);
    Files.writeString(
        folder.resolve("index.html"),
        "<!doctype html><div id=\"root\"></div><script type=\"module\" src=\"/page.js\"></script>");
    Files.copy(Repository.path("system-tests/src/test/js/page.mjs"), folder.resolve("page.js"));
    Tools.npm(
        folder,
        "install",
        "--no-audit",
        "--no-fund",
        "./tailwater-client-0.1.0.tgz",
        "vite@7",
        "react@" + react,
        "react-dom@" + react);
    Tools.npm(folder, "run", "build");
    return folder.resolve("dist");
  }

  private static void serve(Route route, Path app) {
    String path = URI.create(route.request().url()).getPath();
    route.fulfill(new Route.FulfillOptions().setPath(app.resolve(path.substring(PAGE.length()))));
  }

  private static void shows(Page page, String text) {
    page.waitForFunction("text => document.querySelector('#view')?.textContent === text", text);
  }
}
