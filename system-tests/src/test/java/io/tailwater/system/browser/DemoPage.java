package io.tailwater.system.browser;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.platform.Namespaces;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;

/** The demo page in a browser, and what it says of itself in {@code window.tailwater}. */
public final class DemoPage implements AutoCloseable {
  private static final double LIMIT_MS = 90_000;

  private final Page page;

  private DemoPage(Page page) {
    this.page = page;
  }

  public static DemoPage open(Chromium chromium, URI address) {
    Page page = chromium.page();
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

  void screenshot(Path file) {
    page.screenshot(new Page.ScreenshotOptions().setPath(file).setFullPage(true));
  }

  @Override
  public void close() {
    page.context().close();
  }
}
