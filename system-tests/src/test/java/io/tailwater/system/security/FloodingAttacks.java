package io.tailwater.system.security;

import static io.tailwater.system.clients.RawConnection.get;
import static io.tailwater.system.clients.RawConnection.post;

import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** More of what everyone may do than anyone needs. */
final class FloodingAttacks {
  private static final int PIPELINED = 50;
  private static final String TOKEN =
      "Authorization: Bearer " + Tokens.token("flooder", List.of("*"), List.of("*"));

  private FloodingAttacks() {}

  static List<Attack> all() {
    return List.of(
        new Attack("publications", 6, foes -> publish(foes, "demo:flood")),
        new Attack("publications with a token", 6, foes -> publish(foes, "chat:flood", TOKEN)),
        new Attack(
            "publications to the honest client's channel's partition", 4, FloodingAttacks::near),
        new Attack("ephemeral publications", 6, foes -> publish(foes, "typing:flood")),
        new Attack("batches", 6, FloodingAttacks::batches),
        new Attack("publications in frames", 6, FloodingAttacks::frames),
        new Attack("AI streams", 6, FloodingAttacks::streams),
        new Attack("JSON schemas that unfold without end", 4, FloodingAttacks::schemas),
        new Attack("subscriptions", 4, FloodingAttacks::subscriptions),
        new Attack("replays and patterns", 12, FloodingAttacks::replays),
        new Attack("polls that wait", 20, FloodingAttacks::polls),
        new Attack("another platform's messages in Redis", 2, foes -> redis(foes, "other:")));
  }

  private static void publish(Foes foes, String channel, String... headers) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    byte[] requests =
        Foes.times(
            PIPELINED,
            bytes(
                post(
                    gateway,
                    "/v1/events?channel=" + channel,
                    "\"" + "x".repeat(1_000) + "\"",
                    headers)));
    while (foes.active()) {
      connection.flood(requests);
      for (int i = 0; i < PIPELINED; i++) {
        foes.answer(connection);
      }
    }
  }

  private static void near(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    while (foes.active()) {
      connection.flood(
          bytes(
              post(
                  gateway,
                  "/v1/events?channel=demo:near-" + ThreadLocalRandom.current().nextInt(100_000),
                  "\"" + "x".repeat(50_000) + "\"")));
      foes.answer(connection);
    }
  }

  private static void batches(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    String lines =
        "{\"channel\":\"demo:flood\",\"data\":\"xxxxxxxxxxxxxxxxxxxxxxx\"}\n".repeat(1_000);
    RawConnection connection = foes.connect(gateway);
    byte[] request =
        bytes(
            post(gateway, "/v1/events", lines).replace("application/json", "application/x-ndjson"));
    while (foes.active()) {
      connection.flood(request);
      foes.answer(connection);
    }
  }

  private static void frames(Foes foes) throws IOException {
    RawConnection socket = foes.webSocket();
    foes.discard(socket);
    byte[] frames =
        Foes.times(
            200,
            Foes.frame(
                "{\"id\":1,\"publish\":{\"channel\":\"demo:flood\",\"data\":\"xxxxxxxx\"}}"));
    while (foes.active()) {
      socket.flood(frames);
    }
  }

  private static void streams(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    boolean known = ThreadLocalRandom.current().nextBoolean();
    String[] headers = known ? new String[] {TOKEN} : new String[0];
    while (foes.active()) {
      connection.flood(
          bytes(post(gateway, "/v1/ai/streams", "{\"prompt\":\"write a long story\"}", headers)));
      foes.answer(connection);
    }
  }

  private static void schemas(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(
        bytes(
            post(
                gateway,
                "/v1/chat/completions",
                "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"a\",\"schema\":{\"type\":\"array\",\"minItems\":100,\"items\":{\"$ref\":\"#/a\"},\"a\":{\"type\":\"array\",\"minItems\":100,\"items\":{\"$ref\":\"#/a\"}}}}}}")));
    foes.answer(connection);
    foes.close(connection);
  }

  private static void subscriptions(Foes foes) throws IOException {
    RawConnection socket = foes.webSocket();
    foes.discard(socket);
    for (int i = 1; foes.active(); i++) {
      String channel = "demo:many-" + ThreadLocalRandom.current().nextInt(1_000_000);
      socket.flood(
          Foes.frame(
              "{\"id\":"
                  + i
                  + ",\"subscribe\":{\"channel\":\""
                  + channel
                  + "\",\"from\":\"earliest\"}}"));
      if (i % 3 == 0) {
        socket.flood(
            Foes.frame("{\"id\":" + i + ",\"unsubscribe\":{\"channel\":\"" + channel + "\"}}"));
      }
      if (i % 1_000 == 0) {
        foes.close(socket);
      }
    }
  }

  private static void replays(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    String[] starts = {
      "channel=demo:large&from=earliest",
      "channel=demo:*&from=earliest",
      "channel=demo:flood&from=last:1000",
      "channel=demo:flood&from=time:1"
    };
    connection.flood(
        bytes(
            get(
                gateway,
                "/v1/events?" + starts[ThreadLocalRandom.current().nextInt(starts.length)])));
    foes.discard(connection);
    foes.rest(200);
    foes.close(connection);
    foes.count("replays cut");
  }

  private static void polls(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(
        Foes.times(
            20,
            bytes(
                get(
                    gateway,
                    "/v1/events?channel=demo:quiet-"
                        + ThreadLocalRandom.current().nextInt(1_000)
                        + "&wait=55",
                    "Accept: application/json"))));
    foes.rest(1_000);
    foes.close(connection);
    foes.count("polls cut");
  }

  /** Segments, questions and disconnects of a platform with this name, and with none. */
  private static void redis(Foes foes, String platform) throws IOException {
    URI redis = foes.redis();
    try (Socket socket = new Socket(redis.getHost(), redis.getPort())) {
      foes.discard(socket);
      byte[] message = new byte[200];
      while (foes.active()) {
        ThreadLocalRandom.current().nextBytes(message);
        for (String channel : List.of("{demo:0}", "{demo:1}", "admin", "{typing:0}")) {
          socket.getOutputStream().write(published(platform + channel, message));
        }
        foes.count("messages x 4");
      }
    }
  }

  private static byte[] published(String channel, byte[] message) {
    byte[] head =
        bytes(
            "*3\r\n$7\r\nPUBLISH\r\n$"
                + channel.length()
                + "\r\n"
                + channel
                + "\r\n$"
                + message.length
                + "\r\n");
    byte[] all = new byte[head.length + message.length + 2];
    System.arraycopy(head, 0, all, 0, head.length);
    System.arraycopy(message, 0, all, head.length, message.length);
    all[all.length - 2] = '\r';
    all[all.length - 1] = '\n';
    return all;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
