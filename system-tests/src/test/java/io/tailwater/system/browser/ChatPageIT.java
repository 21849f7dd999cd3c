package io.tailwater.system.browser;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import io.tailwater.contract.Channel;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Truth;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The chat of the demo in a real Chromium, with people on several gateways. */
@Tag("browser")
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class ChatPageIT {
  private static final Path PICTURES = Path.of("target", "browser");
  private static final Duration LIMIT = Duration.ofSeconds(60);
  // Those of a gateway that was killed leave within 15 s, unless they are back. PresenceIT waits
  // for that.
  private static final Duration LEASE = Duration.ofSeconds(Scale.of(0, 20));

  private static Chromium chromium;
  private static Axe axe;
  private static InProcessPlatform platform;
  private static ExtraGateway first;
  private static ExtraGateway second;

  @BeforeAll
  static void start(InProcessPlatform given) throws IOException {
    Files.createDirectories(PICTURES);
    platform = given;
    first = gateway("edge-gateway-chat-1");
    second = gateway("edge-gateway-chat-2");
    axe = Axe.load();
    chromium = Chromium.open();
  }

  private static ExtraGateway gateway(String name) {
    return platform
        .gateway(
            Map.of(
                "tailwater.instance",
                name,
                "redis.uri",
                platform.redis().uri(),
                "tailwater.edge.backends",
                platform.backendAddress(),
                "tailwater.edge.dev",
                true))
        .ready();
  }

  @AfterAll
  static void stop() {
    if (chromium != null) {
      chromium.close();
    }
    first.close();
    second.close();
  }

  private static ChatPage open(URI address, String name, String room) {
    return ChatPage.open(chromium, address, axe, name, room);
  }

  /** Publishes texts in somebody's name. */
  private static void publish(String room, String by, List<String> texts) {
    Channel channel = ChatPage.channel(room);
    String token = Tokens.member(by, List.of("chat:*"), List.of());
    String lines =
        texts.stream()
            .map(
                text ->
                    Json.write(Map.of("channel", channel.toString(), "data", Map.of("text", text)))
                        + "\n")
            .collect(Collectors.joining());
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(first.address().resolve("/v1/events"))
                .header("Content-Type", "application/x-ndjson")
                .header("Authorization", "Bearer " + token)
                .POST(HttpRequest.BodyPublishers.ofString(lines)));
    assertThat(answer.body()).doesNotContain("error");
  }

  @Test
  void threePeopleOnThreeGatewaysHaveTheSameRoomWhileOneIsKilledAndOneIsOffline() throws Exception {
    String room = "three";
    try (GatewayProcess third =
            new GatewayProcess(
                platform,
                io.tailwater.embedded.FreePort.choose(),
                "edge-gateway-chat-3",
                "-Dtailwater.edge.dev=true",
                "-Dtailwater.edge.backends=" + platform.backendAddress());
        Relay toFirst = new Relay(first.address());
        Relay toSecond = new Relay(second.address());
        Relay toThird = new Relay(third.address());
        ChatPage ann = open(toFirst.address(), "Ann", room);
        ChatPage ben = open(toSecond.address(), "Ben", room);
        ChatPage carl = open(toThird.address(), "Carl", room)) {
      List<ChatPage> people = List.of(ann, ben, carl);
      people.forEach(person -> person.awaitHere("Ann", "Ben", "Carl"));
      ann.watchFor("Carl");
      carl.type("So am");
      ann.awaitTyping("Carl is typing");
      ann.say("Is everybody here?");
      people.forEach(person -> person.awaitSaid("Is everybody here?"));
      ben.say("I am.");
      carl.say("So am I.");
      ann.awaitTyping("");
      ann.sendPicture();
      people.forEach(ChatPage::awaitPicture);

      toThird.leadTo(List.of(second.address()));
      third.signal("KILL");
      long killed = System.nanoTime();
      ann.say("Who has killed a gateway?");
      carl.say("It was mine.");
      carl.awaitConnected();

      ben.context().setOffline(true);
      toSecond.cut();
      ben.say("The tunnel begins.");
      ben.say("Nobody hears this yet.");
      await()
          .atMost(LIMIT)
          .untilAsserted(
              () ->
                  assertThat(ben.connection())
                      .isEqualTo("Offline. 2 messages wait until you are back"));
      assertThat(ben.waiting()).isEqualTo(2);
      ann.say("Ben is away.");
      carl.awaitSaid("Ben is away.");
      toSecond.up();
      ben.context().setOffline(false);
      people.forEach(person -> person.awaitSaid("Nobody hears this yet."));
      people.forEach(person -> person.awaitSaid("It was mine."));
      people.forEach(ChatPage::awaitSent);

      people.forEach(person -> person.awaitHere("Ann", "Ben", "Carl"));
      await("the lease of the gateway has ended")
          .atMost(LIMIT)
          .until(() -> System.nanoTime() - killed > LEASE.toNanos());
      assertThat(ann.missing()).as("times that Carl was not there").isZero();
      List<String> log = log(room);
      assertThat(log).hasSize(9);
      for (ChatPage person : people) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(person.ids()).isEqualTo(log));
        assertThat(person.faults()).isEmpty();
      }
    }
  }

  /** The ids of what Kafka holds of a room. */
  private static List<String> log(String room) {
    Channel channel = ChatPage.channel(room);
    return Truth.read(platform.bootstrapServers(), Set.of(channel.namespace()))
        .events(channel)
        .stream()
        .map(event -> event.id().toString())
        .toList();
  }

  @Test
  void historyComesAsItIsScrolledToAndNothingMoves() {
    String room = "long";
    publish(room, "Old", IntStream.rangeClosed(1, 160).mapToObj(i -> "line " + i).toList());
    try (ChatPage ann = open(first.address(), "Ann", room)) {
      ann.awaitSaid("line 160");
      ann.until("document.querySelector('#scroll').scrollTop > 0");
      // From the end to the beginning; what is looked at stays where it is.
      Object moved =
          ann.page()
              .evaluate(
                  """
                  async () => {
                    const scroll = document.querySelector('#scroll'), top = document.querySelector('#top');
                    const pause = () => new Promise(f => setTimeout(f, 50));
                    let most = 0;
                    for (let i = 0; i < 600 && !(scroll.scrollTop === 0 && top.textContent.includes('begins')); i++) {
                      scroll.scrollTop -= 300;
                      await new Promise(requestAnimationFrame);
                      const edge = scroll.getBoundingClientRect().top + 60;
                      const at = [...document.querySelectorAll('#messages .message')]
                          .find(e => e.getBoundingClientRect().top > edge);
                      const before = at.getBoundingClientRect().top;
                      await pause();
                      most = Math.max(most, Math.abs(at.getBoundingClientRect().top - before));
                    }
                    return Math.round(most);
                  }\
                  """);
      assertThat((Integer) moved).isLessThanOrEqualTo(1);
      assertThat(ann.said())
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, 160).mapToObj(i -> "line " + i).toList());
      publish(room, "New", List.of("one more"));
      ann.page().locator("#down >> text=1 new").click();
      ann.until("document.querySelector('#down').hidden");
      assertThat(ann.faults()).isEmpty();
    }
  }

  @Test
  void ownMessagesAreEditedAndDeletedAndUnreadOnesAreCountedOnAllDevices() {
    try (ChatPage ann = open(first.address(), "Ann Edits", "changes");
        ChatPage ben = open(second.address(), "Ben Reads", "changes")) {
      ann.say("Tee");
      ben.awaitSaid("Tee");
      ann.awaitSent();
      ann.page().press("#text", "ArrowUp");
      ann.say("Tea");
      ben.page().locator("#messages .bubble", hasText("Teaedited")).waitFor();
      ben.page().click("#add");
      ben.page().fill("#room-name", "Kaffee & Tee");
      ben.page().press("#room-name", "Enter");
      ben.page().locator("#title >> text=Kaffee & Tee").waitFor();
      ann.page().locator("#rooms a >> text=Kaffee & Tee").waitFor();
      ann.say("secret");
      ann.say("and more");
      ben.awaitTitle("(2)");
      ben.reload();
      ben.awaitTitle("(2)");
      ann.page().locator("#messages .message", hasText("secret")).hover();
      ann.page().locator("#messages .message", hasText("secret")).locator(".more").click();
      ann.page().click(".menu >> text=Delete");
      ann.page().click("#sure .danger");
      ben.page().click("#rooms a[href='#/changes']");
      ben.awaitTitle("changes");
      ben.awaitSaid("Message deleted");
      assertThat(ben.said()).containsExactly("Tea", "Message deleted", "and more");
      assertThat(ben.page().locator("#messages .separator.new").count()).isEqualTo(1);
      ben.until("document.hasFocus()");
      assertThat(ann.faults()).isEmpty();
      assertThat(ben.faults()).isEmpty();
    }
  }

  private static Page.LocatorOptions hasText(String text) {
    return new Page.LocatorOptions().setHasText(text);
  }

  @Test
  void whatWaitsSurvivesAReload() throws IOException {
    try (Relay relay = new Relay(first.address());
        ChatPage ann = open(relay.address(), "Ann Waits", "reload")) {
      ann.say("before");
      ann.awaitSent();
      // Publications do not get through, the page does.
      ann.context().route("**/v1/ws", route -> route.abort());
      ann.context().route("**/v1/events", route -> route.abort());
      relay.withoutWebSockets(true);
      ann.say("while nothing gets through");
      ann.page().locator("#messages .waits").waitFor();
      ann.page().reload();
      ann.page().locator("#messages .waits").waitFor();
      relay.withoutWebSockets(false);
      ann.context().unroute("**/v1/ws");
      ann.context().unroute("**/v1/events");
      ann.awaitSent();
      ann.awaitSaid("while nothing gets through");
      await().atMost(LIMIT).untilAsserted(() -> assertThat(ann.ids()).isEqualTo(log("reload")));
      assertThat(ann.said()).containsExactly("before", "while nothing gets through");
      relay.drop(Cut.CLOSE);
    }
  }

  @Test
  void itIsSoundOnALaptopAndOnAPhoneInLightAndInDark() throws IOException {
    String room = "garden";
    publish("lobby", "Mira", List.of("Welcome! The coffee is on the left."));
    publish("release-2-0", "Noor", List.of("All three gateways are up again."));
    publish(
        room,
        "Mira",
        List.of(
            "Good morning!",
            "I took the old gateway down while you were writing. Did anybody notice?"));
    publish(room, "Jonas Weber", List.of("Not here. Everything came, and nothing twice."));
    try (ChatPage enter = ChatPage.open(chromium, first.address(), axe);
        ChatPage mira = open(second.address(), "Mira", room);
        ChatPage jonas = open(second.address(), "Jonas Weber", room);
        ChatPage ann = open(first.address(), "Ann", room)) {
      enter.page().locator("#name").waitFor();
      axe.findsNothingOnceLoaded(enter.page());
      ann.page()
          .emulateMedia(new Page.EmulateMediaOptions().setReducedMotion(ReducedMotion.REDUCE));
      ann.awaitSaid("nothing twice");
      ann.say("I was in a tunnel, and it still looks the same to me.");
      ann.sendPicture();
      ann.awaitPicture();
      ann.awaitSent();
      publish(room, "Jonas Weber", List.of("Is that the lake behind the office?"));
      ann.awaitSaid("behind the office");
      for (String other : List.of("lobby", "release-2-0")) {
        ann.enter(other);
      }
      publish("lobby", "Mira", List.of("Cake in ten minutes."));
      ann.enter(room);
      ann.page().locator("#rooms a.unread[href='#/lobby']").waitFor();
      ann.awaitHere("Ann", "Mira", "Jonas Weber");
      for (ColorScheme colors : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
        String name = colors.name().toLowerCase(Locale.ROOT);
        mira.type("It is");
        ann.awaitTyping("Mira is typing");
        ann.screenshot(PICTURES.resolve("chat-laptop-" + name + ".png"), 1280, 800, colors);
        ann.screenshot(PICTURES.resolve("chat-phone-" + name + ".png"), 390, 844, colors);
        assertThat(
                (Integer) ann.page().evaluate("document.documentElement.scrollWidth - innerWidth"))
            .as("beyond the window")
            .isNotPositive();
      }
      axe.findsNothingOnceLoaded(ann.page());
      ann.page().setViewportSize(390, 844);
      ann.page().click("#people-button");
      ann.page().locator("#members >> text=Jonas Weber").waitFor();
      axe.findsNothingOnceLoaded(ann.page());
      ann.page().setViewportSize(390, 844);
      ann.page().press("#people-close", "Escape");
      assertThat(ann.page().locator("#people").isVisible()).isFalse();
      ann.page().click(".back");
      ann.page().locator("#rooms a >> text=lobby").waitFor();
      // Who looks at the list is in no room.
      mira.awaitHere("Mira", "Jonas Weber");
      ann.screenshot(PICTURES.resolve("chat-phone-rooms.png"), 390, 844, ColorScheme.LIGHT);
      axe.findsNothingOnceLoaded(ann.page());
      assertThat(ann.faults()).isEmpty();
      assertThat(mira.faults()).isEmpty();
      assertThat(jonas.faults()).isEmpty();
    }
  }
}
