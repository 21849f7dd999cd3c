package io.tailwater.system.protocols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.HiddenPackages;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A gateway without one of its protocols starts, and everything else works in it. */
@OnPlatforms
final class DeletedProtocolsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String EDGE = "io.tailwater.edge.";
  private static final String EVENT_STREAM = "text/event-stream";
  private static final String ADMIN = Tokens.caller("admin", List.of("admin.connections"));
  private static final String ANYONE = Tokens.token("u", List.of("ai:*"), List.of("ai:*"));

  private final InProcessPlatform platform;

  DeletedProtocolsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  /** The folders to delete, and the transports that go with them. */
  enum Deleted {
    SSE(Set.of("sse"), Transport.SSE),
    POLL(Set.of("poll"), Transport.LONG_POLL, Transport.SHORT_POLL),
    FRAMES(Set.of("frames"), Transport.WS_JSON, Transport.WS_PROTOBUF),
    SOCKET_IO(Set.of("socketio")),
    WEBSOCKET(Set.of("websocket", "frames", "socketio"), Transport.WS_JSON, Transport.WS_PROTOBUF),
    AI(Set.of("ai", "openai", "ui")),
    OPENAI(Set.of("openai")),
    UI(Set.of("ui")),
    ADMIN(Set.of("admin")),
    CONSOLE(Set.of("console")),
    DEV(Set.of("dev"));

    private final Set<String> folders;
    private final Set<Transport> transports;

    Deleted(Set<String> folders, Transport... transports) {
      this.folders = folders;
      this.transports = Set.copyOf(Arrays.asList(transports));
    }

    Set<String> packages() {
      return folders.stream().map(EDGE::concat).collect(Collectors.toUnmodifiableSet());
    }

    Set<Transport> left() {
      Set<Transport> left = EnumSet.complementOf(EnumSet.of(Transport.ROAMING));
      left.removeAll(transports);
      return left;
    }
  }

  @ParameterizedTest
  @EnumSource
  void theRestWorksWhole(Deleted deleted) {
    try (ExtraGateway gateway = without(deleted)) {
      everyTransportThatIsLeftDelivers(deleted, gateway.address());
      eventStreams(deleted, gateway.address());
      lists(deleted, gateway.address());
      webSockets(deleted, gateway.address());
      socketIo(deleted, gateway.address());
      generations(deleted, gateway.address());
      admin(deleted, gateway.address());
      demoPage(deleted, gateway.address());
      console(deleted, gateway.address());
    }
  }

  private ExtraGateway without(Deleted deleted) {
    Map<String, Object> settings = Map.of("tailwater.edge.dev", true);
    return HiddenPackages.hide(
            deleted.packages(),
            () ->
                platform.gateway(
                    deleted == Deleted.AI ? settings : platform.withAiStreams(settings)))
        .ready();
  }

  private static void everyTransportThatIsLeftDelivers(Deleted deleted, URI gateway) {
    Channel channel = Channel.parse("demo:without-" + deleted);
    Http.publish(gateway, channel, "1");
    Position last = Position.parse(Http.publish(gateway, channel, "2"));
    for (Transport transport : deleted.left()) {
      Wanted wanted = Wanted.of(deleted + " " + transport, channel).from("earliest");
      try (Reader reader = transport.open(wanted, List.of(gateway))) {
        await().atMost(LIMIT).until(() -> last.equals(reader.seen().newest(channel)));
        assertThat(reader.seen().data(channel)).containsExactly("1", "2");
        assertThat(reader.seen().violations()).isEmpty();
      }
    }
  }

  private static void eventStreams(Deleted deleted, URI gateway) {
    if (deleted == Deleted.SSE) {
      Answer refused = events(gateway, EVENT_STREAM);
      assertThat(refused.status()).isEqualTo(406);
      assertThat(refused.json().path("message").asText()).contains("application/json");
      assertThat(events(gateway, "*/*").contentType()).startsWith("application/json");
    }
  }

  private static void lists(Deleted deleted, URI gateway) {
    if (deleted == Deleted.POLL) {
      Answer refused = events(gateway, "application/json");
      assertThat(refused.status()).isEqualTo(406);
      assertThat(refused.json().path("message").asText()).contains(EVENT_STREAM);
    }
  }

  private static void webSockets(Deleted deleted, URI gateway) {
    boolean there = deleted != Deleted.FRAMES && deleted != Deleted.WEBSOCKET;
    assertThat(get(gateway, "/v1/ws").status()).isEqualTo(there ? 426 : 404);
  }

  private static void socketIo(Deleted deleted, URI gateway) {
    boolean there = deleted != Deleted.SOCKET_IO && deleted != Deleted.WEBSOCKET;
    assertThat(get(gateway, "/socket.io/?EIO=4&transport=polling").status())
        .isEqualTo(there ? 200 : 404);
  }

  private static void generations(Deleted deleted, URI gateway) {
    assertThat(generation(gateway, "application/json").status())
        .isEqualTo(deleted == Deleted.AI ? 404 : 201);
    Answer stream = generation(gateway, EVENT_STREAM);
    assertThat(stream.status())
        .as(stream.body())
        .isEqualTo(
            switch (deleted) {
              case AI -> 404;
              case SSE -> 406;
              default -> 200;
            });
  }

  private static void admin(Deleted deleted, URI gateway) {
    assertThat(get(gateway, "/v1/admin/connections?access_token=" + ADMIN).status())
        .isEqualTo(deleted == Deleted.ADMIN ? 404 : 200);
  }

  private static void demoPage(Deleted deleted, URI gateway) {
    assertThat(get(gateway, "/").status()).isEqualTo(deleted == Deleted.DEV ? 404 : 200);
  }

  private static void console(Deleted deleted, URI gateway) {
    assertThat(get(gateway, "/console").status()).isEqualTo(deleted == Deleted.CONSOLE ? 404 : 200);
  }

  private static Answer events(URI gateway, String type) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/events?channel=demo:without&from=latest"))
            .header("Accept", type));
  }

  private static Answer generation(URI gateway, String type) {
    return Http.send(
        HttpRequest.newBuilder(gateway.resolve("/v1/ai/streams"))
            .header("Authorization", "Bearer " + ANYONE)
            .header("Content-Type", "application/json")
            .header("Accept", type)
            .POST(BodyPublishers.ofString("{\"prompt\":\"x\",\"max_tokens\":5}")));
  }

  private static Answer get(URI gateway, String path) {
    return Http.send(HttpRequest.newBuilder(gateway.resolve(path)));
  }
}
