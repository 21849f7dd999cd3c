package io.tailwater.system.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.backend.v1.Connection;
import io.tailwater.contract.backend.v1.Done;
import io.tailwater.contract.backend.v1.FromGateway;
import io.tailwater.contract.backend.v1.ToGateway;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a backend learns of connections and sessions, and calls whose session moves. */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class SessionCallsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final int REPLACED = 4409;
  private static final String TOKEN = Tokens.member("lena", List.of("demo:*"), List.of("*"));

  private final InProcessPlatform platform;
  private TestBackend backend;
  private ExtraGateway first;
  private ExtraGateway second;

  SessionCallsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() {
    backend = new TestBackend(0);
    Map<String, Object> settings = Map.of("tailwater.edge.backends", "127.0.0.1:" + backend.port());
    first = platform.gateway(settings).ready();
    second = platform.gateway(settings).ready();
    await().atMost(LIMIT).until(() -> backend.gateways() == 2);
  }

  @AfterEach
  void stop() {
    first.close();
    second.close();
    backend.close();
  }

  @Test
  void answersAndPushesFollowASessionToOtherGateways() throws Exception {
    try (WsPeer one = connect(first, "")) {
      JsonNode welcome = one.await("welcome").path("welcome");
      String text = welcome.path("session").asText();
      Connection opened = news().getOpened();
      assertThat(opened.getConnection()).isEqualTo(welcome.path("connection").asText());
      assertThat(opened.getSubject()).isEqualTo("lena");
      assertThat(opened.getAddress()).isEqualTo("127.0.0.1");
      String session = opened.getSession();
      assertThat(session).isNotEmpty();
      call(one, 1, "session", "null");
      assertThat(one.await("result").at("/result/data").asText()).isEqualTo(session);
      call(one, 2, "wait.2000", "\"late\"");
      try (WsPeer two = connect(second, text)) {
        JsonNode restored = two.await("welcome").path("welcome");
        assertThat(restored.path("restored").asBoolean()).isTrue();
        assertThat(one.closed()).isEqualTo(REPLACED);
        awaitNews(news -> news.getResumed().getSession().equals(session));
        awaitNews(news -> news.getClosed().getConnection().equals(opened.getConnection()));
        JsonNode late = two.await("result");
        assertThat(late.path("id").asInt()).isEqualTo(2);
        assertThat(late.at("/result/data").asText()).isEqualTo("late");

        backend.send(
            ToGateway.newBuilder()
                .setPush(TestBackend.push("\"hi\"").setId(9).setSession(session))
                .build());
        assertThat(two.await("push").at("/push/data").asText()).isEqualTo("hi");
        assertThat(List.of(done(), done()))
            .extracting(Done::getConnections)
            .containsExactlyInAnyOrder(0, 1);
        call(two, 3, "wait.2000", "\"later\"");
        call(two, 4, "echo", "0");
        two.await("result");
      }
      // It broke, and nothing was there when the answer came, or something was.
      try (WsPeer three = connect(first, text)) {
        assertThat(three.await("welcome").path("welcome").path("restored").asBoolean()).isTrue();
        JsonNode later = three.await("result");
        assertThat(later.path("id").asInt()).isEqualTo(3);
        assertThat(later.at("/result/data").asText()).isEqualTo("later");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"json", "protobuf"})
  void ourClientHasItsAnswersAfterItWasCutAndComesBackElsewhere(String frames) throws Exception {
    List<String> node =
        Tools.node(
            "session", Files.readString(Repository.path("system-tests/src/test/js/session.mjs")));
    ProcessBuilder program =
        new ProcessBuilder(
            node.getFirst(),
            node.getLast(),
            Repository.path("client-js/dist/").toUri().toString(),
            first.address().toString(),
            second.address().toString(),
            frames);
    program.environment().put("TOKEN", TOKEN);
    Process process = program.redirectErrorStream(true).start();
    try {
      assertThat(process.waitFor(LIMIT.multipliedBy(2).toSeconds(), TimeUnit.SECONDS))
          .as("ended in time")
          .isTrue();
      String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertThat(printed).endsWith("done\n");
    } finally {
      process.destroyForcibly();
    }
    assertThat(backend.carriedOut).hasSize(3);
    assertThat(backend.carriedOut.values())
        .as("carried out once")
        .allSatisfy(times -> assertThat(times).hasValue(1));
  }

  @Test
  void anEventStreamThatTakesPushesIsKnownToTheBackend() throws Exception {
    String path = "/v1/events?channel=demo:pushed&access_token=" + TOKEN;
    Map<String, String> accept = Map.of("Accept", "text/event-stream");
    String connection;
    try (StreamPeek unknown = StreamPeek.open(first.address(), path, accept);
        StreamPeek stream = StreamPeek.open(first.address(), path + "&push=true", accept)) {
      unknown.untilLive(1);
      Connection opened = news().getOpened();
      assertThat(opened.getSubject()).isEqualTo("lena");
      assertThat(opened.getSession()).isEmpty();
      connection = opened.getConnection();
      backend.send(
          ToGateway.newBuilder()
              .setPush(TestBackend.push("\"hi\"").setId(9).setConnection(connection))
              .build());
      Block pushed = stream.next();
      while (!pushed.type().equals("tw.push")) {
        pushed = stream.next();
      }
      assertThat(pushed.data()).contains("hi");
      assertThat(backend.news).isEmpty();
    }
    assertThat(news().getClosed().getConnection()).isEqualTo(connection);
  }

  @Test
  void aBackendThatComesBackIsToldOfTheConnectionsThatAreThere() throws Exception {
    int port = backend.port();
    try (WsPeer one = connect(first, "")) {
      String connection = one.await("welcome").at("/welcome/connection").asText();
      awaitNews(news -> news.getOpened().getConnection().equals(connection));
      backend.close();
      backend = new TestBackend(port);
      awaitNews(news -> news.getOpened().getConnection().equals(connection));
      one.close();
      awaitNews(news -> news.getClosed().getConnection().equals(connection));
    }
  }

  private void awaitNews(Predicate<FromGateway> wanted) {
    await().atMost(LIMIT).until(() -> backend.news.stream().anyMatch(wanted));
  }

  private FromGateway news() throws InterruptedException {
    return Objects.requireNonNull(backend.news.poll(60, TimeUnit.SECONDS));
  }

  private Done done() throws InterruptedException {
    return Objects.requireNonNull(backend.done.poll(60, TimeUnit.SECONDS));
  }

  private static void call(WsPeer socket, int id, String method, String data) {
    socket.text(
        "{\"id\":%d,\"call\":{\"method\":\"%s\",\"data\":%s,\"timeout_ms\":30000}}"
            .formatted(id, method, data));
  }

  private static WsPeer connect(ExtraGateway gateway, String session) {
    return WsPeer.request(
        gateway.address(),
        "/v1/ws?access_token=" + TOKEN + (session.isEmpty() ? "" : "&session=" + session));
  }
}
