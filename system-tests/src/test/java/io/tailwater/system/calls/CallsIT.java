package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calls of clients, over HTTP and WebSocket, which the platform's own backend answers. */
@OnPlatforms
final class CallsIT {
  private static final String ROOM = "chat:calls";
  private static final String ALICE =
      Tokens.member("alice", List.of("chat:*"), List.of("chat.*", "room.info", "room.set"));

  private final URI gateway;

  CallsIT(InProcessPlatform platform) {
    gateway = platform.gateways().getFirst();
  }

  @Test
  void aMessageIsSentOnceHoweverOftenItIsCalled() {
    String call =
        """
        {"method":"chat.send","key":"m-1","data":{"room":"chat:calls once","text":"hi"}}""";
    Http.Answer first = call(ALICE, call);
    Http.Answer second = call(ALICE, call);
    assertThat(first.status()).as(first.body()).isEqualTo(200);
    assertThat(first.json().at("/data/duplicate").asBoolean()).isFalse();
    assertThat(second.json().at("/data/duplicate").asBoolean()).isTrue();
    assertThat(second.json().at("/data/id")).isEqualTo(first.json().at("/data/id"));
    JsonNode event = events("chat:calls once").path(0);
    assertThat(event.path("id")).isEqualTo(first.json().at("/data/id"));
    assertThat(event.path("type").asText()).isEqualTo("message");
    assertThat(event.path("by").asText()).isEqualTo("alice");
    assertThat(event.path("data").toString()).isEqualTo("{\"text\":\"hi\"}");
    assertThat(events("chat:calls once")).hasSize(1);
  }

  @Test
  void aPictureOf256KibIsSentWhole() {
    byte[] picture = new byte[256 << 10];
    Arrays.fill(picture, (byte) 0x5a);
    Http.Answer answer =
        call(
            ALICE,
            "{\"method\":\"chat.send\",\"data\":{\"room\":\"chat:calls picture\",\"content_type\":\"image/png\",\"data_base64\":\""
                + Base64.getEncoder().encodeToString(picture)
                + "\"}}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    JsonNode event = events("chat:calls picture").path(0);
    assertThat(event.path("encoding").asText()).isEqualTo("base64");
    assertThat(Base64.getDecoder().decode(event.path("data").asText())).isEqualTo(picture);
  }

  @Test
  void aSocketCallsAndMessagesKeepTheirOrder() {
    try (WsPeer socket = WsPeer.connect(gateway, "Authorization: Bearer " + ALICE)) {
      socket.await("welcome");
      int messages = 40;
      for (int i = 1; i <= messages; i++) {
        socket.text(
            """
            {"id":%d,"call":{"method":"chat.send","data":{"room":"chat:calls order","text":"%d"}}}"""
                .formatted(i, i));
      }
      for (int i = 1; i <= messages; i++) {
        assertThat(socket.await("result").at("/result/data/id").asText()).isNotEmpty();
      }
      socket.text(
          """
          {"id":99,"call":{"method":"chat.send","key":"k","data":{"room":7,"color":"red"}}}""");
      JsonNode error = socket.await("error");
      assertThat(error.path("id").asInt()).isEqualTo(99);
      assertThat(error.at("/error/code").asText()).isEqualTo("invalid_request");
      assertThat(error.at("/error/retry").asBoolean()).isFalse();
      assertThat(error.at("/error/details").findValuesAsText("field"))
          .containsExactlyInAnyOrder("color", "room", "text");
    }
    JsonNode events = events("chat:calls order");
    assertThat(events.findValuesAsText("text"))
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, 40).mapToObj(Integer::toString).toList());
  }

  @Test
  void aRoomHasATitleAndATopicThatChangeByVersion() {
    JsonNode none = data(ALICE, "room.info", "{\"room\":\"" + ROOM + "\"}");
    assertThat(none.toString())
        .isEqualTo("{\"room\":\"chat:calls\",\"title\":null,\"topic\":null,\"version\":null}");
    String version =
        data(ALICE, "room.set", "{\"room\":\"" + ROOM + "\",\"title\":\"Tea\"}")
            .path("version")
            .asText();
    data(
        ALICE,
        "room.set",
        "{\"room\":\"" + ROOM + "\",\"topic\":\"green\",\"if\":\"" + version + "\"}");
    JsonNode both = data(ALICE, "room.info", "{\"room\":\"" + ROOM + "\"}");
    assertThat(both.path("title").asText()).isEqualTo("Tea");
    assertThat(both.path("topic").asText()).isEqualTo("green");
    Http.Answer late =
        call(
            ALICE,
            "{\"method\":\"room.set\",\"data\":{\"room\":\""
                + ROOM
                + "\",\"title\":\"Coffee\",\"if\":\""
                + version
                + "\"}}");
    assertThat(late.status()).isEqualTo(412);
    assertThat(late.json().path("code").asText()).isEqualTo("conflict");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{\"method\":\"chat.sing\"} | 404 | not_found",
        "{\"method\":\"chat.send\",\"data\":{\"room\":\"chat:x\",\"text\":\"\"}} | 400 | invalid_request",
        "{\"method\":\"chat.send\",\"data\":[1]} | 400 | invalid_request",
        "{\"method\":\"chat.send\",\"data\":{\"room\":\"board:x\",\"text\":\"a\",\"more\":1}} | 400 | invalid_request",
        "{\"method\":\"chat.send\",\"data\":{\"room\":\"orders:x\",\"text\":\"a\"}} | 403 | forbidden",
        "{\"method\":\"chat.send\",\"data\":{\"room\":\"nowhere:x\",\"text\":\"a\"}} | 404 | not_found",
        "{\"method\":\"announce\",\"data\":{\"data\":1}} | 403 | forbidden",
        "{\"method\":\"chat..send\"} | 400 | invalid_request",
        "{\"method\":\"chat.send\",\"timeout_ms\":30001} | 400 | invalid_request",
        "{\"method\":\"chat.send\",\"times\":1} | 400 | invalid_request",
        "{\"data\":1} | 400 | invalid_request",
      })
  void aCallThatIsWrongIsRefusedWithItsCode(String call, int status, String code) {
    Http.Answer answer = call(ALICE, call);
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.json().path("code").asText()).isEqualTo(code);
    assertThat(answer.json().path("retry").asBoolean()).isFalse();
  }

  @Test
  void onlyPatternsThatBeginWithAdminCoverMethodsThatDo() {
    String everything = Tokens.member("eve", List.of("*"), List.of("*"));
    assertThat(call(everything, "{\"method\":\"admin.rooms\"}").status()).isEqualTo(403);
    String admin = Tokens.member("eve", List.of("*"), List.of("admin.*"));
    assertThat(call(admin, "{\"method\":\"admin.rooms\"}").status()).isEqualTo(404);
    assertThat(call(admin, "{\"method\":\"chat.send\"}").status()).isEqualTo(403);
    assertThat(
            Http.send(
                    HttpRequest.newBuilder(gateway.resolve("/v1/calls"))
                        .header("Content-Type", "application/json")
                        .POST(HttpRequest.BodyPublishers.ofString("{\"method\":\"chat.send\"}")))
                .status())
        .isEqualTo(401);
  }

  private JsonNode data(String token, String method, String data) {
    Http.Answer answer = call(token, "{\"method\":\"" + method + "\",\"data\":" + data + "}");
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json().path("data");
  }

  private Http.Answer call(String token, String body) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/calls"))
            .header("Authorization", "Bearer " + token)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  private JsonNode events(String channel) {
    return Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve(
                        "/v1/events?from=earliest&envelope=true&limit=100&channel="
                            + Wanted.encoded(channel)))
                .header("Authorization", "Bearer " + ALICE)
                .header("Accept", "application/json"))
        .json()
        .path("events");
  }
}
