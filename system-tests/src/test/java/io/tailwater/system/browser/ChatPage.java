package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.FilePayload;
import io.tailwater.contract.Channel;
import io.tailwater.system.platform.Namespaces;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * The chat as one person has it open, in a session of their own. Confined to the thread that opened
 * it. The page forbids scripts that are made of text, so that conditions are asked for from here.
 */
final class ChatPage implements AutoCloseable {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String SAID = "#messages .message .said";

  private final Page page;
  private final List<String> faults = new ArrayList<>();

  private ChatPage(Page page) {
    this.page = page;
    page.setDefaultTimeout(LIMIT.toMillis());
    page.onPageError(faults::add);
    page.onConsoleMessage(
        message -> {
          if (message.text().contains("Policy") || message.text().contains("Trusted")) {
            faults.add(message.text());
          }
        });
  }

  /** Opens the page where its visitor takes a name. */
  static ChatPage open(Chromium chromium, URI address, Axe axe) {
    ChatPage chat = new ChatPage(chromium.page(1280, 800, ColorScheme.LIGHT));
    // The page's policy lets no script in later.
    chat.page.addInitScript(axe.script());
    chat.page.navigate(address.resolve("/chat").toString());
    return chat;
  }

  /** Opens a room as somebody. */
  static ChatPage open(Chromium chromium, URI address, Axe axe, String name, String room) {
    ChatPage chat = open(chromium, address, axe);
    chat.signIn(name);
    chat.enter(room);
    return chat;
  }

  void signIn(String name) {
    page.fill("#name", name);
    page.press("#name", "Enter");
    page.locator("#chat").waitFor();
  }

  /** Goes to a room by its address, and returns when the page is connected. */
  void enter(String room) {
    page.evaluate("room => { location.hash = '#/' + room; }", room);
    page.locator("#room #title").getByText(room).waitFor();
    awaitConnected();
  }

  void awaitConnected() {
    page.locator("#room .connection[data-state=live]").waitFor();
  }

  static Channel channel(String room) {
    return new Channel(Namespaces.CHAT, room);
  }

  /** Writes as a user does, and sends nothing yet. */
  void type(String text) {
    page.locator("#text").pressSequentially(text);
  }

  void say(String text) {
    page.fill("#text", text);
    page.press("#text", "Enter");
  }

  /** Sends a picture, chosen as a file. */
  void sendPicture() throws IOException {
    page.setInputFiles("#file", new FilePayload("evening.png", "image/png", picture()));
    page.locator("#attached").waitFor();
    page.click("#send");
  }

  /** A picture that is worth less than a megabyte, and more than an event takes. */
  private static byte[] picture() throws IOException {
    BufferedImage image = new BufferedImage(1800, 1200, BufferedImage.TYPE_INT_RGB);
    Graphics2D pen = image.createGraphics();
    pen.setPaint(new GradientPaint(0, 0, new Color(0xf6c177), 0, 700, new Color(0xe6784f)));
    pen.fillRect(0, 0, 1800, 700);
    pen.setPaint(new GradientPaint(0, 700, new Color(0x2b4c5e), 0, 1200, new Color(0x0d2733)));
    pen.fillRect(0, 700, 1800, 500);
    pen.setColor(new Color(0xfff3d6));
    pen.fillOval(1180, 380, 240, 240);
    pen.dispose();
    // Grain, as of a camera: it does not compress without loss.
    java.util.Random grain = new java.util.Random(7);
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        image.setRGB(x, y, image.getRGB(x, y) ^ (grain.nextInt(4) * 0x010101));
      }
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    ImageIO.write(image, "png", bytes);
    return bytes.toByteArray();
  }

  void awaitSaid(String text) {
    page.locator(SAID).filter(new Locator.FilterOptions().setHasText(text)).first().waitFor();
  }

  void awaitPicture() {
    page.locator("#messages .bubble.picture img").first().waitFor();
  }

  /** Waits until nothing of one's own is on its way. */
  void awaitSent() {
    until("!document.querySelector('#messages .waits')");
  }

  /** Waits until these people, and no others, are seen in the room. */
  void awaitHere(String... names) {
    await("who is here")
        .atMost(LIMIT)
        .untilAsserted(() -> assertThat(here()).containsExactlyInAnyOrder(names));
  }

  private List<String> here() {
    return page.locator("#members li > :last-child").allTextContents().stream()
        .map(name -> name.replace(" (you)", ""))
        .toList();
  }

  /** From now on, the page remembers who was missing at any time. */
  void watchFor(String name) {
    page.evaluate(
        """
        name => {
          window.missing = 0;
          const list = document.querySelector('#members');
          const isThere = () => [...list.children].some(e => e.lastChild.textContent === name);
          new MutationObserver(() => { if (!isThere()) missing++; })
              .observe(list, {childList: true, subtree: true, characterData: true});
          if (!isThere()) missing++;
        }""",
        name);
  }

  /** How often the one who is watched for was not there. */
  int missing() {
    return (int) page.evaluate("() => missing");
  }

  void awaitTyping(String text) {
    await(text).atMost(LIMIT).until(() -> page.locator("#typing").textContent().equals(text));
  }

  /** The ids of the messages that are shown, in the order in which they are. */
  @SuppressWarnings("unchecked")
  List<String> ids() {
    return (List<String>)
        page.evaluate(
            "() => [...document.querySelectorAll('#messages [data-id]')].map(e => e.dataset.id)");
  }

  /** The texts of the messages that are shown. */
  List<String> said() {
    return page.locator(SAID).allTextContents();
  }

  int waiting() {
    return page.locator("#messages .waits").count();
  }

  /** What the page says of its connection. */
  String connection() {
    return page.locator("#room .connection").textContent();
  }

  String title() {
    return page.title();
  }

  void awaitTitle(String beginning) {
    await(beginning)
        .atMost(LIMIT)
        .until(() -> (boolean) page.evaluate("b => document.title.startsWith(b)", beginning));
  }

  /** Waits until this holds in the page. */
  void until(String condition) {
    await(condition).atMost(LIMIT).until(() -> (boolean) page.evaluate("() => " + condition));
  }

  Page page() {
    return page;
  }

  /** What went wrong in the page, which should be nothing. */
  List<String> faults() {
    return faults;
  }

  BrowserContext context() {
    return page.context();
  }

  void reload() {
    page.reload();
    awaitConnected();
  }

  void screenshot(Path file, int width, int height, ColorScheme colors) {
    page.emulateMedia(new Page.EmulateMediaOptions().setColorScheme(colors));
    page.setViewportSize(width, height);
    // Let it be drawn as it is now.
    page.evaluate("() => new Promise(f => requestAnimationFrame(() => requestAnimationFrame(f)))");
    page.screenshot(new Page.ScreenshotOptions().setPath(file));
  }

  @Override
  public void close() {
    page.context().close();
  }
}
