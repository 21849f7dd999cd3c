package io.tailwater.system.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A token that is taken back is worth nothing on any gateway. */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class RevocationIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final String ADMIN = Tokens.caller("admin", List.of("admin.*"));
  private static final String PATH = "/v1/admin/revocations";

  private final InProcessPlatform platform;
  private final URI first;
  private final URI second;

  RevocationIT(InProcessPlatform platform) {
    this.platform = platform;
    this.first = platform.gateways().getFirst();
    this.second = platform.gateways().getLast();
    await()
        .atMost(LIMIT)
        .until(
            () ->
                platform.gateways().stream()
                    .allMatch(gateway -> ask(gateway, "?limit=1").status() == 200));
  }

  @Test
  void everyConnectionOfTheSubjectEndsAndItsTokensAndTicketsAreRefused() {
    String old = token("mallory", "m-1", Instant.now());
    String ticket = ticket(first, old);
    String query = "/v1/events?channel=chat:revoked";
    try (StreamPeek stream = stream(first, query, old);
        StreamPeek byTicket = StreamPeek.open(second, query + "&ticket=" + ticket, Map.of());
        StreamPeek other = stream(second, query, token("honest", "", Instant.now()));
        WsPeer peer = WsPeer.connect(second, "Authorization: Bearer " + old)) {
      stream.untilLive(1);
      byTicket.untilLive(1);
      other.untilLive(1);
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"chat:revoked\"}}").await("live");
      CompletableFuture<Http.Answer> poll = poll(first, old);
      await().atMost(LIMIT).until(() -> connections("mallory") == 4);
      JsonNode answer = revoke(first, "{\"subject\":\"mallory\"}");
      assertThat(answer.path("ended").asInt()).isEqualTo(4);
      assertThat(answer.path("complete").asBoolean()).isTrue();
      assertThat(answer.path("gateways")).hasSize(2);
      for (StreamPeek ended : List.of(stream, byTicket)) {
        Block last = ended.untilEnd().getLast();
        assertThat(last.type()).isEqualTo("tw.expired");
        assertThat(last.data()).contains("token_revoked");
      }
      assertThat(peer.closed()).isEqualTo(4401);
      assertRevoked(poll.join());
      assertThat(connections("honest")).isEqualTo(1);
    }
    for (URI gateway : platform.gateways()) {
      assertRevoked(read(gateway, old));
      assertRevoked(read(gateway, token("mallory", "", Instant.now().minusSeconds(5))));
      assertRevoked(read(gateway, Tokens.token("mallory", List.of("chat:*"), List.of())));
      assertRevoked(Http.send(HttpRequest.newBuilder(at(gateway, query + "&ticket=" + ticket))));
      try (WsPeer refused = WsPeer.connect(gateway, "Authorization: Bearer " + old)) {
        assertThat(refused.closed()).isEqualTo(4401);
      }
      String fresh = token("mallory", "", Instant.now().plusSeconds(3));
      assertThat(read(gateway, fresh).status()).isEqualTo(200);
      JsonNode listed = ask(gateway, "?subject=mallory").json().path("revocations");
      assertThat(listed).hasSize(1);
      assertThat(listed.path(0).path("subject").asText()).isEqualTo("mallory");
      assertThat(listed.path(0).path("by").asText()).isEqualTo("admin");
      assertThat(listed.path(0).path("before").asLong()).isPositive();
      assertThat(listed.path(0).path("until").asLong()).isPositive();
    }
  }

  @Test
  void aRevocationIsTakenBackThroughAnyGateway() {
    String token = token("regretted", "", Instant.now());
    revoke(first, "{\"subject\":\"regretted\",\"for_s\":600}");
    assertRevoked(read(second, token));
    Http.Answer answer = send(request(second, "?subject=regretted").DELETE());
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    assertThat(answer.json().path("complete").asBoolean()).isTrue();
    for (URI gateway : platform.gateways()) {
      assertThat(read(gateway, token).status()).isEqualTo(200);
      assertThat(ask(gateway, "?subject=regretted").json().path("revocations")).isEmpty();
    }
  }

  @Test
  void oneTokenIsRevokedByItsIdAndALaterRevocationReplacesIt() {
    String lost = token("phone", "phone-lost", Instant.now());
    String kept = token("phone", "phone-kept", Instant.now());
    revoke(second, "{\"token_id\":\"phone-lost\"}");
    long past = Instant.now().minusSeconds(60).toEpochMilli();
    for (URI gateway : platform.gateways()) {
      assertRevoked(read(gateway, lost));
      assertThat(read(gateway, kept).status()).isEqualTo(200);
    }
    revoke(first, "{\"token_id\":\"phone-lost\",\"before\":" + past + "}");
    for (URI gateway : platform.gateways()) {
      assertThat(read(gateway, lost).status()).isEqualTo(200);
    }
  }

  @Test
  void listsGoOnPageByPage() {
    for (String name : List.of("page-a", "page-b", "page-c")) {
      revoke(first, "{\"token_id\":\"" + name + "\",\"for_s\":60}");
    }
    JsonNode page = ask(second, "?limit=2&after=token_id:page-").json();
    assertThat(page.path("revocations"))
        .extracting(one -> one.path("token_id").asText())
        .containsExactly("page-a", "page-b");
    JsonNode rest = ask(second, "?limit=2&after=" + page.path("next").asText()).json();
    assertThat(rest.path("revocations").path(0).path("token_id").asText()).isEqualTo("page-c");
  }

  @Test
  void aGatewayKnowsThemBeforeItIsReadyAndWhileEventCoresAreAway() {
    String token = token("absent", "", Instant.now());
    revoke(first, "{\"subject\":\"absent\"}");
    int port = FreePort.choose();
    Map<String, Object> namespaces = Namespaces.properties();
    namespaces.put("tailwater.core.broadcast-group", "revocations");
    ApplicationContext eventCore = platform.eventCore("event-core-revocations", port, namespaces);
    Map<String, Object> settings =
        Map.of("tailwater.edge.event-cores", List.of("127.0.0.1:" + port));
    try (ExtraGateway gateway = platform.gateway(settings)) {
      await().atMost(LIMIT).until(() -> Http.readiness(gateway.management()) == 200);
      assertRevoked(read(gateway.address(), token));
      eventCore.close();
      assertRevoked(read(gateway.address(), token));
      assertThat(revocation(gateway.address(), "{\"subject\":\"nobody\"}").status()).isEqualTo(503);
    } finally {
      eventCore.close();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {}                                                  | 'subject' or 'token_id'
          {"subject":"a","token_id":"b"}                      | 'subject' or 'token_id'
          {"subject":""}                                      | 1 to 255
          {"subject":7}                                       | a text
          {"subject":"anonymous"}                             | anonymous
          {"subject":"a","before":1700000000}                 | milliseconds
          {"subject":"a","before":-1}                         | a whole number
          {"subject":"a","until":1700000000000}               | in the future
          {"subject":"a","for_s":0}                           | a whole number
          {"subject":"a","for_s":60,"until":9000000000000}    | name one
          {"subject":"a","who":"b"}                           | unknown field
          """)
  void whatIsWrongIsSaid(String body, String message) {
    Http.Answer answer = revocation(first, body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().path("message").asText()).contains(message);
  }

  @Test
  void onlyWhoMayRevokesAndNobodyElseReadsOrWritesTheChannel() {
    String everything = Tokens.token("reader", List.of("*"), List.of("*"));
    HttpRequest.Builder post = HttpRequest.newBuilder(first.resolve(PATH));
    post.POST(HttpRequest.BodyPublishers.ofString("{\"subject\":\"alice\"}"))
        .header("Content-Type", "application/json");
    assertThat(Http.send(post.copy()).status()).isEqualTo(401);
    assertThat(Http.send(post.copy().header("Authorization", "Bearer " + everything)).status())
        .isEqualTo(403);
    for (String path :
        List.of("/v1/events?channel=platform:revocations", "/v1/events?channel=platform:*")) {
      HttpRequest.Builder get = HttpRequest.newBuilder(first.resolve(path));
      assertThat(Http.send(get.header("Authorization", "Bearer " + everything)).status())
          .isEqualTo(403);
    }
    HttpRequest.Builder publication =
        HttpRequest.newBuilder(first.resolve("/v1/events?channel=platform:revocations"));
    publication.POST(HttpRequest.BodyPublishers.ofString("{\"subject\":\"admin\"}"));
    assertThat(Http.send(publication.header("Authorization", "Bearer " + everything)).status())
        .isEqualTo(403);
  }

  private static void assertRevoked(Http.Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(401);
    assertThat(answer.json().path("code").asText()).isEqualTo("token_revoked");
    assertThat(answer.json().path("retry").asBoolean()).isFalse();
  }

  private static String token(String subject, String id, Instant at) {
    return Tokens.issued(subject, id, at, List.of("chat:*"));
  }

  private static String ticket(URI gateway, String token) {
    HttpRequest.Builder post = HttpRequest.newBuilder(gateway.resolve("/v1/tickets"));
    post.POST(HttpRequest.BodyPublishers.ofString("{\"channels\":[\"chat:revoked\"]}"))
        .header("Authorization", "Bearer " + token);
    return Http.send(post).json().path("ticket").asText();
  }

  private static StreamPeek stream(URI gateway, String path, String token) {
    return StreamPeek.open(gateway, path, Map.of("Authorization", "Bearer " + token));
  }

  private static CompletableFuture<Http.Answer> poll(URI gateway, String token) {
    HttpRequest.Builder get =
        HttpRequest.newBuilder(gateway.resolve("/v1/events?channel=chat:revoked&wait=55"));
    get.header("Authorization", "Bearer " + token).header("Accept", "application/json");
    return CompletableFuture.supplyAsync(() -> Http.send(get));
  }

  private static Http.Answer read(URI gateway, String token) {
    HttpRequest.Builder get =
        HttpRequest.newBuilder(gateway.resolve("/v1/channel?channel=chat:revoked"));
    return Http.send(get.header("Authorization", "Bearer " + token));
  }

  private int connections(String subject) {
    return send(HttpRequest.newBuilder(first.resolve("/v1/admin/connections?subject=" + subject)))
        .json()
        .path("connections")
        .size();
  }

  private static JsonNode revoke(URI gateway, String body) {
    Http.Answer answer = revocation(gateway, body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.json();
  }

  private static Http.Answer revocation(URI gateway, String body) {
    return send(
        request(gateway, "")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .header("Content-Type", "application/json"));
  }

  private static Http.Answer ask(URI gateway, String query) {
    return send(request(gateway, query));
  }

  private static HttpRequest.Builder request(URI gateway, String query) {
    return HttpRequest.newBuilder(at(gateway, PATH + query));
  }

  private static URI at(URI gateway, String path) {
    return gateway.resolve(path);
  }

  private static Http.Answer send(HttpRequest.Builder request) {
    return Http.send(request.header("Authorization", "Bearer " + ADMIN));
  }
}
