package io.tailwater.system.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A client keeps its session from one connection to the next, on any gateway. */
@OnPlatforms
final class SessionIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int REPLACED = 4409;

  private final URI first;
  private final URI second;

  SessionIT(InProcessPlatform platform) {
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
  }

  @Test
  void theNewestConnectionHasTheSessionAndResumesItsSubscriptions() {
    String one = "demo:session-one";
    String position = Http.publish(first, new Channel(Namespaces.DEMO, "session-one"), "1");
    try (WsPeer older = connect(first, "alice", "")) {
      JsonNode welcome = older.await("welcome").path("welcome");
      assertThat(welcome.has("restored")).isFalse();
      String session = welcome.path("session").asText();
      Http.publish(first, new Channel(Namespaces.DEMO, "session-one"), "2");
      try (WsPeer newer = connect(second, "alice", session)) {
        welcome = newer.await("welcome").path("welcome");
        assertThat(welcome.path("restored").asBoolean()).isTrue();
        assertThat(welcome.path("session").asText()).isEqualTo(session);
        assertThat(older.closed()).isEqualTo(REPLACED);
        newer.text(
            "{\"id\":41,\"resume\":{\"subscriptions\":[{\"channel\":\""
                + one
                + "\",\"after\":\""
                + position
                + "\"},{\"channel\":\"board:session\",\"types\":[\"a\"]},{\"channel\":\"ai:session\"},"
                + "{\"channel\":\"chat:session\",\"present\":true},{\"channel\":\""
                + one
                + "\"}]}}");
        JsonNode resumed = newer.await("resumed");
        assertThat(resumed.path("id").asInt()).isEqualTo(41);
        JsonNode all = resumed.path("resumed").path("subscriptions");
        assertThat(all.path(0).path("position").asText()).isEqualTo(position);
        assertThat(all)
            .extracting(each -> each.path("code").asText())
            .containsExactly("", "", "forbidden", "", "invalid_request");
        assertThat(newer.await("events").path("events").path(0).path("data").asInt()).isEqualTo(2);
      }
      // It is in its grace now: whoever shows it has it again.
      try (WsPeer last = connect(first, "alice", session)) {
        assertThat(last.await("welcome").path("welcome").path("restored").asBoolean()).isTrue();
      }
    }
  }

  @Test
  void aSessionIsOfOneSubjectAndCannotBeMadeUp() {
    try (WsPeer alice = connect(first, "alice", "")) {
      String session = alice.await("welcome").path("welcome").path("session").asText();
      for (String shown :
          List.of(session.substring(0, session.length() - 2) + "AA", "s-made-up", "nonsense")) {
        try (WsPeer other = connect(second, "alice", shown)) {
          assertNew(other, session);
        }
      }
      try (WsPeer thief = connect(second, "thief", session)) {
        assertNew(thief, session);
      }
      alice.text("{\"id\":1,\"ping\":{}}");
      assertThat(alice.await("pong").path("id").asInt()).isEqualTo(1);
    }
  }

  @Test
  void whoSignsInByAFrameGetsASessionOfTheirOwn() {
    try (WsPeer peer = WsPeer.connect(first)) {
      String nobodys = peer.await("welcome").path("welcome").path("session").asText();
      peer.text("{\"id\":1,\"auth\":{\"token\":\"" + token("bob") + "\"}}");
      String session = peer.await("authed").path("authed").path("session").asText();
      assertThat(session).isNotEmpty().isNotEqualTo(nobodys);
      // Redis may learn of it a moment after the client.
      await().atMost(LIMIT).until(() -> isRestored(session));
      assertThat(peer.closed()).isEqualTo(REPLACED);
    }
  }

  @Test
  void whoSignsInByAFrameHasTheirSessionAgain() {
    String session;
    try (WsPeer older = connect(first, "alice", "")) {
      session = older.await("welcome").path("welcome").path("session").asText();
      try (WsPeer newer = signedIn(second, "alice", session)) {
        JsonNode authed = newer.await("authed").path("authed");
        assertThat(authed.path("restored").asBoolean()).isTrue();
        assertThat(authed.path("session").asText()).isEqualTo(session);
        assertThat(older.closed()).isEqualTo(REPLACED);
        try (WsPeer thief = signedIn(first, "thief", session)) {
          authed = thief.await("authed").path("authed");
          assertThat(authed.has("restored")).isFalse();
          assertThat(authed.path("session").asText()).isNotEmpty().isNotEqualTo(session);
        }
        newer.text("{\"id\":2,\"ping\":{}}");
        assertThat(newer.await("pong").path("id").asInt()).isEqualTo(2);
      }
    }
    // It is in its grace now.
    try (WsPeer last = signedIn(first, "alice", session)) {
      assertThat(last.await("authed").path("authed").path("restored").asBoolean()).isTrue();
    }
  }

  private static WsPeer signedIn(URI gateway, String subject, String session) {
    WsPeer peer = WsPeer.request(gateway, "/v1/ws?session=" + session);
    JsonNode welcome = peer.await("welcome").path("welcome");
    assertThat(welcome.has("restored")).isFalse();
    assertThat(welcome.path("session").asText()).isNotEqualTo(session);
    peer.text("{\"id\":1,\"auth\":{\"token\":\"" + token(subject) + "\"}}");
    return peer;
  }

  private boolean isRestored(String session) {
    try (WsPeer next = connect(second, "bob", session)) {
      return next.await("welcome").path("welcome").path("restored").asBoolean();
    }
  }

  private static void assertNew(WsPeer peer, String session) {
    JsonNode welcome = peer.await("welcome").path("welcome");
    assertThat(welcome.has("restored")).isFalse();
    assertThat(welcome.path("session").asText()).isNotEqualTo(session);
  }

  private static String token(String subject) {
    return Tokens.token(subject, List.of("demo:*", "chat:*", "board:*"), List.of());
  }

  private static WsPeer connect(URI gateway, String subject, String session) {
    return WsPeer.request(
        gateway,
        "/v1/ws?access_token=" + token(subject) + (session.isEmpty() ? "" : "&session=" + session));
  }
}
