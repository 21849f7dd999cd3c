package io.tailwater.system.security;

import static io.tailwater.system.clients.RawConnection.get;

import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.security.Attack.Turn;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/** What would fill memory, sockets or the processor: one client that takes, and gives nothing. */
final class ExhaustingAttacks {
  private static final int DECLARED = 5_000_000;

  private ExhaustingAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    all.add(new Attack("WebSocket pings, never reading", 4, unreadFrames(ping())));
    all.add(new Attack("our pings, never reading", 4, unreadFrames(ours("\"ping\":{}"))));
    all.add(
        new Attack(
            "refused subscriptions, never reading",
            4,
            unreadFrames(ours("\"subscribe\":{\"channel\":\"chat:no\"}"))));
    all.add(
        new Attack("frames with faults, never reading", 4, unreadFrames(ours("\"nonsense\":{}"))));
    all.add(new Attack("pipelined requests, never reading", 6, ExhaustingAttacks::pipelined));
    all.add(new Attack("event streams, never reading", 40, ExhaustingAttacks::unreadStream));
    all.add(new Attack("bodies without a token, unfinished", 150, unfinished("chat:no", 200_000)));
    all.add(new Attack("bodies that are wanted, unfinished", 100, ExhaustingAttacks::halfBatch));
    all.add(new Attack("heads, a byte at a time", 200, ExhaustingAttacks::slowHead));
    all.add(new Attack("heads at the balancer, a byte at a time", 200, slowHeadAtBalancer()));
    all.add(new Attack("idle sockets", 4, ExhaustingAttacks::idle));
    all.add(new Attack("sockets that come and go", 6, ExhaustingAttacks::comeAndGo));
    all.add(new Attack("gzip bombs", 4, bomb()));
    all.add(new Attack("deflate bombs in frames", 4, deflateBomb()));
    all.add(new Attack("deep and endless JSON", 4, ExhaustingAttacks::deepJson));
    all.add(new Attack("huge URLs and headers", 4, ExhaustingAttacks::hugeHeads));
    return all;
  }

  private static byte[] ping() {
    return Foes.frame(WsPeer.FINAL | WsPeer.PING, new byte[125]);
  }

  private static byte[] ours(String content) {
    return Foes.frame("{\"id\":1," + content + "}");
  }

  private static Turn unreadFrames(byte[] frame) {
    byte[] many = Foes.times(500, frame);
    return foes -> {
      RawConnection socket = foes.webSocket();
      while (foes.active()) {
        socket.flood(many);
      }
    };
  }

  private static void pipelined(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    byte[] requests =
        Foes.times(
            50,
            bytes(get(gateway, "/v1/openapi.yaml") + get(gateway, "/v1/channel?channel=demo:a")));
    RawConnection connection = foes.connect(gateway);
    while (foes.active()) {
      connection.flood(requests);
    }
  }

  private static void unreadStream(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(bytes(get(gateway, "/v1/events?channel=demo:large&from=earliest")));
    foes.hold();
  }

  private static Turn unfinished(String channel, int sent) {
    return foes -> {
      URI gateway = foes.gateway();
      RawConnection connection = foes.connect(gateway);
      connection.flood(
          bytes(
              head(gateway, "/v1/events?channel=" + channel, "application/json", DECLARED) + "\""));
      foes.answer(connection);
      connection.flood(new byte[sent]);
      foes.rest(1_000);
      foes.close(connection);
    };
  }

  private static void halfBatch(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(bytes(head(gateway, "/v1/events", "application/x-ndjson", 4_000_000)));
    connection.flood(new byte[1_500_000]);
    foes.rest(2_000);
    foes.close(connection);
  }

  private static String head(URI gateway, String path, String type, int length) {
    return "POST "
        + path
        + " HTTP/1.1\r\nHost: "
        + gateway.getAuthority()
        + "\r\nContent-Type: "
        + type
        + "\r\nContent-Length: "
        + length
        + "\r\n\r\n";
  }

  private static void slowHead(Foes foes) throws IOException {
    slowly(foes, foes.gateway());
  }

  private static Turn slowHeadAtBalancer() {
    return foes -> slowly(foes, foes.balancer());
  }

  private static void slowly(Foes foes, URI server) throws IOException {
    RawConnection connection = foes.connect(server);
    for (byte one : bytes(get(server, "/v1/channel?channel=demo:" + "a".repeat(200)))) {
      connection.flood(new byte[] {one});
      foes.rest(300);
    }
  }

  private static void idle(Foes foes) throws IOException {
    for (int i = 0; i < 300 && foes.active(); i++) {
      foes.connect(i % 3 == 0 ? foes.balancer() : foes.gateway());
    }
    foes.hold();
  }

  private static void comeAndGo(Foes foes) throws IOException {
    for (int i = 0; i < 200 && foes.active(); i++) {
      foes.close(foes.connect(i % 2 == 0 ? foes.balancer() : foes.gateway()));
    }
    foes.count("200 sockets");
  }

  private static Turn bomb() {
    ByteArrayOutputStream coded = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(coded)) {
      gzip.write(new byte[200 << 20]);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    byte[] body = coded.toByteArray();
    return foes -> {
      URI gateway = foes.gateway();
      RawConnection connection = foes.connect(gateway);
      String head = head(gateway, "/v1/events?channel=demo:bomb", "application/json", body.length);
      connection.flood(bytes(head.replace("\r\n\r\n", "\r\nContent-Encoding: gzip\r\n\r\n")));
      connection.flood(body);
      foes.answer(connection);
      foes.close(connection);
    };
  }

  private static Turn deflateBomb() {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(new byte[50_000_000]);
    byte[] room = new byte[65_000];
    byte[] bomb = Arrays.copyOf(room, deflater.deflate(room, 0, room.length, Deflater.SYNC_FLUSH));
    deflater.end();
    byte[] whole = Foes.frame(WsPeer.FINAL | 0x40 | WsPeer.TEXT, bomb);
    return foes -> {
      RawConnection socket = foes.webSocket("Sec-WebSocket-Extensions: permessage-deflate");
      socket.flood(whole);
      socket.discard();
      foes.count("closed");
      foes.close(socket);
    };
  }

  private static void deepJson(Foes foes) throws IOException {
    String deep = "[".repeat(400_000) + "]".repeat(100_000);
    String number = "9".repeat(200_000);
    String name = "{\"" + "n".repeat(200_000) + "\":1}";
    for (String body :
        List.of(deep.substring(0, 250_000), number, name, "{\"a\":".repeat(40_000))) {
      for (String path : List.of("/v1/events?channel=demo:deep", "/v1/ai/streams", "/v1/tickets")) {
        URI gateway = foes.gateway();
        RawConnection connection = foes.connect(gateway);
        connection.flood(bytes(RawConnection.post(gateway, path, body)));
        foes.answer(connection);
        foes.close(connection);
      }
    }
    RawConnection socket = foes.webSocket();
    socket.flood(
        Foes.frame(
            "{\"id\":1,\"publish\":{\"channel\":\"demo:deep\",\"data\":" + "[".repeat(60_000)));
    socket.discard();
    foes.close(socket);
  }

  private static void hugeHeads(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    for (String request :
        List.of(
            get(gateway, "/v1/channel?channel=demo:" + "a".repeat(20_000)),
            get(gateway, "/" + "%41".repeat(20_000)),
            get(gateway, "/v1/channel?channel=demo:a", "X: " + "x".repeat(100_000)),
            get(gateway, "/v1/channel?channel=demo:a", "X: y\r\n".repeat(5_000) + "Z: 1"),
            get(gateway, "/v1/channel?" + "channel=demo:a&".repeat(400)),
            get(gateway, "/v1/channel?channel=demo:a", "Cookie: " + "a=b; ".repeat(2_000)))) {
      RawConnection connection = foes.connect(gateway);
      connection.flood(bytes(request));
      foes.answer(connection);
      foes.close(connection);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
