package io.tailwater.system.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.util.ResourceLeakDetector;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.ListConnections;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import io.tailwater.system.platform.Tokens;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Peers that break the rules of WebSocket, or do nothing at all: each gets the right close code,
 * and nothing of it is left in the gateway. Alone in its platform, since a gateway of another test
 * that stops leaves its buffers behind.
 */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class WsStrictnessIT {
  private static final Duration LIMIT = Duration.ofSeconds(90);
  private static final int MAX_REVOCATIONS_BYTES = 64 << 10;
  private static final int FRAME_BYTES = 65_536;
  private static final int FINAL = WsPeer.FINAL;

  /**
   * A connection's mark, and the answers to the 256 frames that may wait for one, with what Netty
   * counts for each.
   */
  private static final long MAX_WAITING_BYTES = (64 << 10) + 256 * 512;

  private static final String DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate";

  private static final ListAppender<ILoggingEvent> LEAKS = new ListAppender<>();
  private static final ResourceLeakDetector.Level LEVEL = ResourceLeakDetector.getLevel();

  @SuppressWarnings("NullAway.Init")
  private static ExtraGateway gateway;

  @SuppressWarnings("NullAway.Init")
  private static URI address;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    LEAKS.start();
    leakLog().addAppender(LEAKS);
    gateway =
        platform
            .gateway(
                Map.of(
                    // Or the kernel takes megabytes before a connection is not writable.
                    "micronaut.server.netty.child-options.so-sndbuf",
                    8_192,
                    "tailwater.edge.ws.ping",
                    "3s",
                    "tailwater.edge.ws.close-within",
                    "1s",
                    "tailwater.edge.heartbeat",
                    "1s",
                    "tailwater.edge.stuck-limit",
                    "3s",
                    "tailwater.edge.partition-linger",
                    "1s"))
            .ready();
    address = gateway.address();
  }

  @AfterAll
  static void stop() {
    try {
      // A gateway always reads the partition of revocations, which are few and small.
      await().atMost(LIMIT).until(() -> gauge("tailwater.edge.partitions") == 1);
      await().atMost(LIMIT).until(() -> gauge("tailwater.edge.tail.bytes") < MAX_REVOCATIONS_BYTES);
      System.gc();
      // What was lost is noticed with the next buffers.
      try (WsPeer peer = WsPeer.connect(address)) {
        for (int i = 1; i <= 50; i++) {
          peer.text("{\"id\":" + i + ",\"ping\":{}}").await("pong");
        }
      }
      assertThat(LEAKS.list).extracting(ILoggingEvent::getFormattedMessage).isEmpty();
    } finally {
      gateway.close();
      ResourceLeakDetector.setLevel(LEVEL);
      leakLog().detachAppender(LEAKS);
    }
  }

  private static Logger leakLog() {
    return (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);
  }

  @AfterEach
  void nothingIsLeft() {
    awaitZero(
        "tailwater.edge.connections.admitted",
        "tailwater.edge.ws.waiting",
        "tailwater.edge.ws.assembling.bytes",
        "tailwater.edge.ws.closing");
  }

  private static void awaitZero(String... gauges) {
    for (String gauge : gauges) {
      await().atMost(LIMIT).until(() -> gauge(gauge) == 0);
    }
  }

  private static double gauge(String name) {
    return gateway.context().getBean(MeterRegistry.class).get(name).gauge().value();
  }

  static Stream<Arguments> violations() {
    byte[] ping = "{\"id\":1,\"ping\":{}}".getBytes(StandardCharsets.UTF_8);
    byte[] half = Arrays.copyOf(ping, 4);
    return Stream.of(
        violation("an unmasked frame", 1002, peer -> peer.raw(unmasked(ping))),
        violation("RSV1 without compression", 1002, peer -> peer.send(0xc1, ping)),
        violation("RSV2", 1002, peer -> peer.send(0xa1, ping)),
        violation("RSV3 on a ping", 1002, peer -> peer.send(0x99, half)),
        violation("a reserved data opcode", 1002, peer -> peer.send(0x83, ping)),
        violation("a reserved control opcode", 1002, peer -> peer.send(0x8b, half)),
        violation("a control frame of 126 bytes", 1002, peer -> peer.send(0x89, new byte[126])),
        violation("a fragmented ping", 1002, peer -> peer.send(WsPeer.PING, half)),
        violation("a continuation of nothing", 1002, peer -> peer.send(0x80, ping)),
        violation(
            "a message inside of another",
            1002,
            peer -> peer.send(WsPeer.TEXT, half).send(0x81, ping)),
        violation(
            "a length in more bytes than it needs",
            1002,
            peer -> peer.raw(ByteBuffer.wrap(new byte[] {(byte) 0x81, (byte) 0xfe, 0, 5}))),
        violation("a close of one byte", 1002, peer -> peer.send(0x88, new byte[1])),
        violation("a close with a reserved code", 1002, peer -> peer.send(0x88, bytes(3, 0xed))),
        violation(
            "a close whose reason is no UTF-8",
            1007,
            peer -> peer.send(0x88, bytes(3, 0xe8, 0xff))),
        violation("text that is no UTF-8", 1007, peer -> peer.send(0x81, bytes('"', 0xc0, 0xaf))),
        violation(
            "text in fragments that is no UTF-8",
            1007,
            peer -> peer.send(WsPeer.TEXT, bytes('"', 0xe2)).send(0x80, bytes(0x28, '"'))),
        violation(
            "a frame over the limit", 1009, peer -> peer.send(0x81, new byte[FRAME_BYTES + 1])),
        violation(
            "a length that no memory holds",
            1009,
            peer ->
                peer.raw(
                    ByteBuffer.wrap(
                        bytes(0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3, 4)))),
        violation(
            "fragments over the limit together",
            1009,
            peer ->
                peer.send(WsPeer.TEXT, new byte[40_000])
                    .send(WsPeer.CONTINUATION, new byte[25_536])
                    .send(0x80, new byte[1])),
        violation("no JSON", 4400, peer -> peer.text("hello")),
        violation("no object", 4400, peer -> peer.text("[1]")),
        violation("two objects", 4400, peer -> peer.text("{\"id\":1,\"ping\":{}}{}")),
        violation("no id", 4400, peer -> peer.text("{\"ping\":{}}")),
        violation("an id below 1", 4400, peer -> peer.text("{\"id\":0,\"ping\":{}}")),
        violation("bytes where text is spoken", 4400, peer -> peer.send(0x82, ping)));
  }

  private static Arguments violation(String what, int code, Consumer<WsPeer> how) {
    return Arguments.of(what, code, how);
  }

  @ParameterizedTest(name = "{0}: {1}")
  @MethodSource("violations")
  void whoBreaksARuleIsClosedWithItsCode(String what, int code, Consumer<WsPeer> how) {
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.await("welcome");
      peer.text("{\"id\":7,\"subscribe\":{\"channel\":\"demo:strict\"}}").await("subscribed");
      how.accept(peer);
      assertThat(peer.closed()).as(what).isEqualTo(code);
      peer.echoAndEnd(code);
    }
  }

  @Test
  void aZipBombIsNotUnpacked() {
    // Before it connects: a peer that is busy with it answers no pings.
    byte[] bomb = deflated(new byte[50_000_000]);
    assertThat(bomb.length).isLessThan(FRAME_BYTES);
    try (WsPeer peer = WsPeer.connect(address, DEFLATE)) {
      assertThat(peer.header("sec-websocket-extensions"))
          .isEqualTo("permessage-deflate; server_no_context_takeover");
      peer.send(0xc1, bomb);
      assertThat(peer.closed()).isEqualTo(1009);
    }
  }

  @Test
  void whatIsCompressedWronglyIsClosedAsUnreadable() {
    try (WsPeer peer = WsPeer.connect(address, DEFLATE)) {
      peer.send(0xc1, bytes(0xff, 0xff, 0xff, 0xff, 0xff));
      assertThat(peer.closed()).isEqualTo(1007);
    }
    try (WsPeer peer = WsPeer.connect(address, DEFLATE)) {
      peer.send(WsPeer.TEXT, bytes('{')).send(0xc0, bytes('}'));
      assertThat(peer.closed()).as("RSV1 on a continuation").isEqualTo(1002);
    }
  }

  @Test
  void fragmentsAreOneMessageWithPingsInBetween() {
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.await("welcome");
      peer.send(WsPeer.TEXT, "{\"id\":5,\"pi".getBytes(StandardCharsets.UTF_8));
      peer.send(WsPeer.FINAL | WsPeer.PING, bytes(1, 2, 3));
      WsPeer.Frame pong = peer.read();
      while (pong != null && pong.opcode() == WsPeer.PING) {
        pong = peer.read();
      }
      assertThat(pong).isNotNull();
      assertThat(pong.opcode()).isEqualTo(WsPeer.PONG);
      assertThat(pong.payload()).containsExactly(1, 2, 3);
      peer.send(WsPeer.CONTINUATION, new byte[0]);
      peer.send(0x80, "ng\":{}}".getBytes(StandardCharsets.UTF_8));
      assertThat(peer.await("pong").path("id").asInt()).isEqualTo(5);
    }
  }

  @Test
  void aCloseIsAnsweredWithItsCodeAndEndsTheConnection() {
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.send(0x88, bytes(3, 0xe8));
      assertThat(peer.closed()).isEqualTo(1000);
      assertThat(peer.read()).isNull();
    }
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.send(0x88, new byte[0]);
      assertThat(peer.closed()).as("no code").isEqualTo(1005);
      assertThat(peer.read()).isNull();
    }
  }

  @Test
  void theGatewayWaitsOnlySoLongForTheAnswerToItsClose() {
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.text("hello");
      assertThat(peer.closed()).isEqualTo(4400);
      assertThat(peer.read()).as("the end, though nothing was answered").isNull();
    }
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.text("hello");
      assertThat(peer.closed()).isEqualTo(4400);
      peer.echoAndEnd(4400);
    }
  }

  @Test
  void aPeerThatIsHeardNoMoreIsClosed() {
    try (WsPeer peer = WsPeer.connect(address)) {
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"demo:half-open\"}}").await("subscribed");
      // Pings come, and are not answered.
      assertThat(peer.closed()).isEqualTo(4408);
    }
  }

  @Test
  void aPeerThatAnswersPingsStays() {
    try (WsPeer peer = WsPeer.connect(address)) {
      for (int pings = 0; pings < 5; ) {
        WsPeer.Frame frame = peer.read();
        assertThat(frame).isNotNull();
        if (frame.opcode() == WsPeer.PING) {
          pings++;
          peer.send(WsPeer.FINAL | WsPeer.PONG, frame.payload());
        }
      }
      peer.text("{\"id\":1,\"ping\":{}}").await("pong");
    }
  }

  @Test
  void aPeerThatNeverReadsIsClosedAndHoldsNothing() {
    Channel channel = new Channel(Namespaces.DEMO, "never-read");
    try (WsPeer peer = WsPeer.unread(address)) {
      peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\"}}").await("subscribed");
      String data = "\"" + "x".repeat(200_000) + "\"";
      for (int i = 0; i < 50; i++) {
        Http.publish(address, channel, data);
      }
      await().atMost(LIMIT).until(() -> gauge("tailwater.edge.connections.admitted") == 0);
    }
  }

  static Stream<Arguments> floods() {
    byte[] ping = "{\"id\":1,\"ping\":{}}".getBytes(StandardCharsets.UTF_8);
    byte[] unknownField =
        ("{\"id\":1,\"" + "x".repeat(60) + "\":{}}").getBytes(StandardCharsets.UTF_8);
    byte[] forbidden = subscribe("chat:forbidden");
    byte[] half = Arrays.copyOf(ping, 5);
    byte[] otherHalf = Arrays.copyOfRange(ping, 5, ping.length);
    List<Arguments> all =
        List.of(
            flood("pings", WsPeer.frame(FINAL | WsPeer.PING, new byte[0])),
            flood("pings of 125 bytes", WsPeer.frame(FINAL | WsPeer.PING, new byte[125])),
            flood("pings of ours", WsPeer.frame(FINAL | WsPeer.TEXT, ping)),
            flood("frames with an unknown field", WsPeer.frame(FINAL | WsPeer.TEXT, unknownField)),
            flood(
                "subscribes of a forbidden channel", WsPeer.frame(FINAL | WsPeer.TEXT, forbidden)),
            flood(
                "subscribes and unsubscribes",
                WsPeer.frame(FINAL | WsPeer.TEXT, subscribe("demo:flood")),
                WsPeer.frame(
                    FINAL | WsPeer.TEXT,
                    "{\"id\":2,\"unsubscribe\":{\"channel\":\"demo:flood\"}}"
                        .getBytes(StandardCharsets.UTF_8))),
            flood(
                "auths with a bad token once there is one",
                WsPeer.frame(
                    FINAL | WsPeer.TEXT,
                    "{\"id\":1,\"auth\":{\"token\":\"x\"}}".getBytes(StandardCharsets.UTF_8))),
            flood(
                "pings of ours in fragments",
                WsPeer.frame(WsPeer.TEXT, half),
                WsPeer.frame(FINAL | WsPeer.CONTINUATION, otherHalf)),
            flood(
                "pings inside of fragmented messages",
                WsPeer.frame(WsPeer.TEXT, half),
                WsPeer.frame(FINAL | WsPeer.PING, half),
                WsPeer.frame(WsPeer.CONTINUATION, new byte[0]),
                WsPeer.frame(FINAL | WsPeer.PING, half),
                WsPeer.frame(FINAL | WsPeer.CONTINUATION, otherHalf)));
    // Each takes seconds. Control frames, answers, and messages in fragments are the kinds there
    // are.
    return Scale.of(List.of(all.getFirst(), all.get(5), all.getLast()), all).stream();
  }

  private static byte[] subscribe(String channel) {
    return ("{\"id\":1,\"subscribe\":{\"channel\":\"" + channel + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  private static Arguments flood(String what, ByteBuffer... frames) {
    return Arguments.of(what, joined(List.of(frames)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("floods")
  void nothingIsQueuedForAPeerThatNeverReadsWhateverItSends(String what, byte[] frames) {
    double pauses = counter("tailwater.edge.ws.paused");
    double ended = counter("tailwater.edge.ws.closed", "code", "4408", "by", "gateway");
    String token = Tokens.token("flooder", List.of("demo:*"), List.of());
    try (WsPeer peer = WsPeer.unread(address, "Authorization: Bearer " + token)) {
      byte[] many = repeated(frames);
      AtomicLong sent = new AtomicLong();
      Thread sending =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      while (true) {
                        peer.raw(ByteBuffer.wrap(many));
                        sent.addAndGet(many.length);
                      }
                    } catch (IllegalStateException e) {
                      // closed at last
                    }
                  });
      AtomicLong most = new AtomicLong();
      await()
          .atMost(LIMIT)
          .pollInterval(Duration.ofMillis(5))
          .until(
              () -> {
                most.accumulateAndGet(bufferedBytes(), Math::max);
                return !sending.isAlive();
              });
      assertThat(most.get()).as("bytes that waited, of " + sent).isLessThan(MAX_WAITING_BYTES);
    }
    assertThat(counter("tailwater.edge.ws.paused")).isGreaterThan(pauses);
    assertThat(counter("tailwater.edge.ws.closed", "code", "4408", "by", "gateway"))
        .isEqualTo(ended + 1);
  }

  private static long bufferedBytes() {
    return gateway
        .context()
        .getBean(ConnectionAdmin.class)
        .list(ListConnections.newBuilder().setLimit(10).build())
        .stream()
        .map(ConnectionEntry::getJson)
        .mapToLong(WsStrictnessIT::bufferedBytes)
        .max()
        .orElse(0);
  }

  private static long bufferedBytes(String connection) {
    try {
      return Json.read(connection).path("buffered_bytes").asLong();
    } catch (JsonProcessingException e) {
      throw new AssertionError("no JSON: " + connection, e);
    }
  }

  private static double counter(String name, String... tags) {
    Counter counter =
        gateway.context().getBean(MeterRegistry.class).find(name).tags(tags).counter();
    return counter == null ? 0 : counter.count();
  }

  @Test
  void pingsAreAnsweredOneByOneToAPeerThatReads() {
    try (WsPeer peer = WsPeer.connect(address)) {
      for (int i = 0; i < 200; i++) {
        peer.send(FINAL | WsPeer.PING, bytes(i));
      }
      int pongs = 0;
      while (pongs < 200) {
        WsPeer.Frame frame = peer.read();
        assertThat(frame).isNotNull();
        if (frame.opcode() == WsPeer.PONG) {
          assertThat(frame.payload()).containsExactly(pongs++);
        }
      }
    }
  }

  private static byte[] joined(List<ByteBuffer> frames) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    frames.forEach(frame -> bytes.write(frame.array(), 0, frame.limit()));
    return bytes.toByteArray();
  }

  /** Some tens of kilobytes, so that a read of the gateway has many frames. */
  private static byte[] repeated(byte[] frames) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    while (bytes.size() < 60_000) {
      bytes.writeBytes(frames);
    }
    return bytes.toByteArray();
  }

  private static byte[] deflated(byte[] message) {
    Deflater deflater = new Deflater(9, true);
    deflater.setInput(message);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8192];
    for (int n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH);
        n > 0;
        n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH)) {
      out.write(buffer, 0, n);
    }
    deflater.end();
    byte[] bytes = out.toByteArray();
    return Arrays.copyOf(bytes, bytes.length - 4);
  }

  private static byte[] bytes(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  private static ByteBuffer unmasked(byte[] text) {
    return ByteBuffer.allocate(2 + text.length)
        .put((byte) 0x81)
        .put((byte) text.length)
        .put(text)
        .flip();
  }
}
