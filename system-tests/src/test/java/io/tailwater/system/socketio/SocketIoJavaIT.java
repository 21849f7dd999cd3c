package io.tailwater.system.socketio;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.socket.client.Ack;
import io.socket.client.IO;
import io.socket.client.Socket;
import io.tailwater.contract.Channel;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.TestBackend;
import io.tailwater.system.platform.Tokens;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.json.JSONObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Socket.IO's client for Java, unmodified. It knows nothing of recovery: after a cut it has a new
 * socket without rooms.
 */
@OnPlatforms
final class SocketIoJavaIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);

  private final InProcessPlatform platform;

  SocketIoJavaIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @ParameterizedTest
  @ValueSource(strings = {"polling", "websocket", "polling websocket"})
  void callsAreAcknowledgedAndRoomsHaveEventsAndBytes(String transports) throws Exception {
    try (TestBackend backend = new TestBackend(FreePort.choose());
        ExtraGateway gateway =
            SocketIoProgram.gateway(platform, "socketio-java", backend, Map.of())) {
      Socket socket = socket(gateway.ready().address(), transports.split(" "));
      try {
        List<Object> notes = new CopyOnWriteArrayList<>();
        List<Object> joined = new CopyOnWriteArrayList<>();
        List<Object> blobs = new CopyOnWriteArrayList<>();
        socket.on("note", arguments -> notes.add(arguments[0]));
        socket.on("joined", arguments -> joined.add(arguments[0]));
        socket.on("blob", arguments -> blobs.add(arguments[0]));
        socket.on("question", arguments -> ((Ack) arguments[1]).call("heard", arguments[0]));
        socket.connect();
        assertThat(ask(socket, "echo", "é")).isEqualTo("é");
        assertThat(ask(socket, "echo", new byte[] {0, 1, -1})).isEqualTo(new byte[] {0, 1, -1});
        assertThat(ask(socket, "ask.20000", 7)).hasToString("[\"heard\",7]");
        String channel = "demo:socketio java " + transports;
        assertThat(ask(socket, "tw:subscribe", new JSONObject(Map.of("channel", channel))))
            .isInstanceOfSatisfying(
                JSONObject.class, answer -> assertThat(answer.has("position")).isTrue());
        publish(socket, channel, "note", 1);
        publish(socket, channel, "blob", new byte[] {2, 3});
        String room = channel + " room";
        publish(socket, room, "joined", 4);
        ask(socket, "join", room);
        await().atMost(LIMIT).until(() -> !joined.isEmpty() && !notes.isEmpty());
        await().atMost(LIMIT).until(() -> !blobs.isEmpty());
        assertThat(notes).containsExactly(1);
        assertThat(joined).containsExactly(4);
        assertThat(blobs).containsExactly(new byte[] {2, 3});
      } finally {
        socket.disconnect();
      }
    }
  }

  @Test
  void afterACutItSubscribesAtItsPositionAndLosesNothing() throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "socketio java cuts");
    try (Relay relay = new Relay(platform.gateways())) {
      Socket socket = socket(relay.address(), "websocket");
      try {
        List<Object> got = new CopyOnWriteArrayList<>();
        List<String> sockets = new CopyOnWriteArrayList<>();
        List<String> ids = new CopyOnWriteArrayList<>();
        socket.on(
            "message",
            arguments -> {
              got.add(arguments[0]);
              ids.add(((JSONObject) arguments[1]).optString("id"));
            });
        socket.on(
            Socket.EVENT_CONNECT,
            arguments -> {
              Map<String, Object> wish =
                  ids.isEmpty()
                      ? Map.of("channel", channel.toString(), "from", "earliest")
                      : Map.of("channel", channel.toString(), "after", ids.getLast());
              socket.emit("tw:subscribe", new JSONObject(wish), answer(socket, sockets));
            });
        socket.connect();
        List<Object> published = new ArrayList<>();
        for (int cuts = 0; cuts < 5; cuts++) {
          int connections = cuts + 1;
          await().atMost(LIMIT).until(() -> sockets.size() >= connections);
          for (int i = 0; i < 5; i++) {
            Http.publish(platform.gateways().getFirst(), channel, String.valueOf(published.size()));
            published.add(published.size());
          }
          await().atMost(LIMIT).until(() -> got.size() > connections * 5 - 3);
          relay.drop(Cut.RESET);
        }
        await().atMost(LIMIT).until(() -> got.size() >= published.size());
        assertThat(got).isEqualTo(published);
        assertThat(sockets).doesNotHaveDuplicates();
      } finally {
        socket.disconnect();
      }
    }
  }

  private static Ack answer(Socket socket, List<String> sockets) {
    return arguments -> sockets.add(socket.id());
  }

  private static Socket socket(URI gateway, String... transports) {
    IO.Options options = new IO.Options();
    options.forceNew = true;
    options.transports = transports;
    options.reconnectionDelay = 50;
    options.reconnectionDelayMax = 250;
    options.auth =
        Map.of("token", Tokens.member("alice", List.of("demo:*"), List.of("*")), "meta", "true");
    return IO.socket(gateway, options);
  }

  /** Emits, and returns the acknowledgement. */
  private static Object ask(Socket socket, String event, Object argument) throws Exception {
    CompletableFuture<Object> answer = new CompletableFuture<>();
    socket.emit(event, new Object[] {argument}, answers -> answer.complete(answers[0]));
    return answer.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
  }

  private static void publish(Socket socket, String channel, String type, Object data)
      throws Exception {
    Object answer =
        ask(
            socket,
            "tw:publish",
            new JSONObject(Map.of("channel", channel, "type", type, "data", data)));
    assertThat(((JSONObject) answer).has("id")).isTrue();
  }
}
