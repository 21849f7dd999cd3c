package io.tailwater.system.browser;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.platform.Namespaces;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The demo page in a browser, and what it says of itself in {@code window.tailwater}. */
public final class DemoPage implements AutoCloseable {
  private static final double LIMIT_MS = 240_000;

  private final Page page;

  private DemoPage(Page page) {
    this.page = page;
  }

  public static DemoPage open(Chromium chromium, URI address) {
    return open(chromium.page(), address);
  }

  /** Opens it on a screen of this size, in pixels. */
  static DemoPage open(Chromium chromium, URI address, int width, int height, ColorScheme colors) {
    return open(chromium.page(width, height, colors), address);
  }

  private static DemoPage open(Page page, URI address) {
    page.setDefaultTimeout(LIMIT_MS);
    page.navigate(address.toString());
    return new DemoPage(page);
  }

  /** Starts an answer of so many tokens, 50 a second, and returns when its text arrives live. */
  public void start(int tokens) {
    page.evaluate("tokens => { $('length').selectedOptions[0].value = tokens; }", tokens);
    page.click("#start");
    await("tailwater.state === 'live' && tailwater.text.length > 0");
  }

  /** Presses one of the page's buttons as soon as it can be pressed. */
  void press(String id) {
    page.click("#" + id);
  }

  /** Waits until this holds on the page. */
  void await(String condition) {
    page.waitForFunction("() => " + condition);
  }

  /** Cuts the connection, and returns when the browser has come back and is live. */
  public void cut() {
    int before = reconnects();
    press("cut");
    await("tailwater.reconnects > " + before + " && tailwater.state === 'live'");
  }

  /**
   * Changes over to another transport, by the page's own switch, and returns when the answer is
   * live by it.
   */
  void changeTo(String transport) {
    page.check("#way input[value='" + transport + "']");
    await("tailwater.transport === '" + transport + "' && tailwater.state === 'live'");
  }

  /** Writes in the chat as a user does, under this name, and sends nothing yet. */
  void type(String name, String words) {
    page.fill("#name", name);
    page.locator("#said").pressSequentially(words);
  }

  /** Sends what was typed; returns at once. */
  void send() {
    page.press("#said", "Enter");
  }

  /** Waits for what others or oneself said in the chat. */
  void awaitChat(String name, String words) {
    page.locator("#messages li")
        .filter(new Locator.FilterOptions().setHasText(name))
        .filter(new Locator.FilterOptions().setHasText(words))
        .waitFor();
  }

  /** Ends the answer, and returns when the page has compared it with the log. */
  void stop() {
    press("stop");
    awaitEnd();
  }

  /** Waits for the end of the answer and for the page's comparison with the log. */
  public void awaitEnd() {
    await("tailwater.done && tailwater.same !== null");
  }

  /** Loads the page again, and returns when it is live with the same answer. */
  void reload() {
    page.reload();
    await("tailwater.state === 'live' && tailwater.text.length > 0");
  }

  public JsonNode state() {
    try {
      return Json.read((String) page.evaluate("JSON.stringify(tailwater)"));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("window.tailwater is no JSON", e);
    }
  }

  String text() {
    return state().path("text").asText();
  }

  String gateway() {
    return state().path("gateway").asText();
  }

  int reconnects() {
    return state().path("reconnects").asInt();
  }

  /** Every gateway that served the answer, in order. */
  List<String> gateways() {
    return StreamSupport.stream(state().path("gateways").spliterator(), false)
        .map(JsonNode::asText)
        .toList();
  }

  /** The channel of the answer. */
  Channel channel() {
    return new Channel(Namespaces.AI, state().path("id").asText());
  }

  /** Whether all of this element is on the screen. */
  boolean isWhole(String id) {
    return (boolean)
        page.evaluate(
            "id => { const box = $(id).getBoundingClientRect(); return box.height > 0 && box.top >= 0"
                + " && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth; }",
            id);
  }

  int height(String id) {
    return (int) page.evaluate("id => Math.round($(id).getBoundingClientRect().height)", id);
  }

  boolean scrollsSideways() {
    return (boolean) page.evaluate("() => document.documentElement.scrollWidth > innerWidth");
  }

  /** Asserts that nothing keeps people from using the page as it is now. */
  void passes(Axe axe) {
    axe.findsNothing(page);
  }

  void screenshotOfScreen(Path file) {
    page.screenshot(new Page.ScreenshotOptions().setPath(file));
  }

  void screenshot(Path file) {
    page.screenshot(new Page.ScreenshotOptions().setPath(file).setFullPage(true));
  }

  @Override
  public void close() {
    page.context().close();
  }
}
