package io.tailwater.system.security;

import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.clients.WsPeer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * The attackers of one attack, all at one address that is not the honest client's. Their
 * connections end with the attack. Any thread.
 */
final class Foes {
  private static final String ADDRESS = "127.0.0.66";
  private static final long PAUSE_MS = 20;

  private final List<URI> gateways;
  private final URI balancer;
  private final URI redis;
  private final Set<RawConnection> open = ConcurrentHashMap.newKeySet();
  private final Map<String, LongAdder> outcomes = new ConcurrentSkipListMap<>();
  private final Set<String> wrong = ConcurrentHashMap.newKeySet();
  private final CountDownLatch over = new CountDownLatch(1);

  Foes(List<URI> gateways, URI balancer, URI redis) {
    this.gateways = gateways;
    this.balancer = balancer;
    this.redis = redis;
  }

  /** Takes turns until the attack is over. */
  void attack(Attack attack) {
    while (active()) {
      try {
        attack.turn().take(this);
      } catch (IOException | UncheckedIOException e) {
        count("cut off");
      } catch (RuntimeException e) {
        if (active()) {
          count("no answer that can be read");
        }
      }
      rest(PAUSE_MS);
    }
  }

  /** Whether the attack goes on. */
  boolean active() {
    return over.getCount() > 0;
  }

  /** Waits, or until the attack is over. */
  void rest(long ms) {
    try {
      over.await(ms, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Keeps what is open until the attack is over. */
  void hold() {
    rest(TimeUnit.MINUTES.toMillis(5));
  }

  /** Ends the attack. */
  void end() {
    over.countDown();
    open.forEach(RawConnection::close);
  }

  /** One of the gateways. */
  URI gateway() {
    return gateways.get(ThreadLocalRandom.current().nextInt(gateways.size()));
  }

  URI balancer() {
    return balancer;
  }

  URI redis() {
    return redis;
  }

  RawConnection connect(URI server) throws IOException {
    RawConnection connection = RawConnection.open(server, address());
    open.add(connection);
    if (!active()) {
      connection.close();
    }
    return connection;
  }

  private static InetAddress address() {
    try {
      return InetAddress.getByName(ADDRESS);
    } catch (UnknownHostException e) {
      throw new AssertionError("a literal address", e);
    }
  }

  void close(RawConnection connection) {
    open.remove(connection);
    connection.close();
  }

  /** A WebSocket whose handshake is sent and whose answers are left unread. */
  RawConnection webSocket(String... headers) throws IOException {
    URI gateway = gateway();
    RawConnection connection = connect(gateway);
    connection.flood(
        ("GET /v1/ws HTTP/1.1\r\nHost: "
                + gateway.getAuthority()
                + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + String.join("", Arrays.stream(headers).map(line -> line + "\r\n").toList())
                + "\r\n")
            .getBytes(StandardCharsets.ISO_8859_1));
    return connection;
  }

  /** A masked text frame. */
  static byte[] frame(String text) {
    return frame(WsPeer.FINAL | WsPeer.TEXT, text.getBytes(StandardCharsets.UTF_8));
  }

  /** A masked frame. */
  static byte[] frame(int first, byte[] payload) {
    ByteBuffer frame = WsPeer.frame(first, payload);
    return Arrays.copyOf(frame.array(), frame.limit());
  }

  /** The same bytes so many times. */
  static byte[] times(int count, byte[] bytes) {
    byte[] all = new byte[count * bytes.length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(bytes, 0, all, i * bytes.length, bytes.length);
    }
    return all;
  }

  /** Reads an answer and counts its status. */
  Http.Answer answer(RawConnection connection) {
    Http.Answer answer = connection.answer();
    count(Integer.toString(answer.status()));
    if (answer.status() >= 500 && answer.status() != 503) {
      wrong("answered with " + answer.status() + ": " + answer.body());
    }
    return answer;
  }

  /** Reads whatever comes and throws it away, beside what the attacker sends. */
  void discard(RawConnection connection) {
    Thread.ofVirtual()
        .name("foe-reader")
        .start(
            () -> {
              try {
                connection.discard();
              } catch (UncheckedIOException e) {
                // It was cut off; the sender notices too.
              }
            });
  }

  /** As {@link #discard(RawConnection)}, of a socket that its attacker closes. */
  void discard(Socket socket) {
    Thread.ofVirtual()
        .name("foe-reader")
        .start(
            () -> {
              try {
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
              } catch (IOException e) {
                // It was closed.
              }
            });
  }

  void count(String outcome) {
    outcomes.computeIfAbsent(outcome, name -> new LongAdder()).increment();
  }

  /** An attacker got what it must not get. */
  void wrong(String what) {
    wrong.add(what.length() > 500 ? what.substring(0, 500) : what);
  }

  Set<String> wrong() {
    return Set.copyOf(wrong);
  }

  /** What the attackers got, and how often. */
  String outcomes() {
    return String.join(
        ", ",
        outcomes.entrySet().stream().map(one -> one.getKey() + ": " + one.getValue()).toList());
  }
}
