package io.tailwater.system.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.Channel;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.Ping;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.Segment;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.system.Json;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.clients.WsPeer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Platforms;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.slf4j.LoggerFactory;

/**
 * Random input over every way into a gateway: each is answered as the protocol says, nothing is
 * logged that calls for an operator, and a client that reads meanwhile gets every event, in order.
 * The seed is printed, and {@code -Dtailwater.fuzz.seed} repeats it.
 */
@OnPlatforms
@ResourceLock(Platforms.IN_PROCESS)
@Order(Integer.MAX_VALUE)
final class FuzzIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final Channel HONEST = new Channel(Namespaces.DEMO, "fuzz-honest");
  private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();
  private static final long SEED = Long.getLong("tailwater.fuzz.seed", System.nanoTime());

  @SuppressWarnings("NullAway.Init")
  private static ExtraGateway gateway;

  @SuppressWarnings("NullAway.Init")
  private static StreamPeek honest;

  private static int published;

  private final RandomInput input = new RandomInput(SEED);
  private final InProcessPlatform platform;
  private final URI address = gateway.address();

  FuzzIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeAll
  static void start(InProcessPlatform platform) {
    System.out.println("tailwater.fuzz.seed is " + SEED);
    gateway =
        platform
            .gateway(
                platform.withAiStreams(
                    Map.of(
                        "tailwater.edge.limits.trusted-proxies",
                        List.of("127.0.0.0/8"),
                        "tailwater.edge.origins",
                        "http://a.example")))
            .ready();
    honest = StreamPeek.open(gateway.address(), "/v1/events?channel=" + HONEST, Map.of());
    honest.untilLive(1);
    LOG.start();
    root().addAppender(LOG);
  }

  @AfterAll
  static void stop() {
    root().detachAppender(LOG);
    honest.close();
    gateway.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  @BeforeEach
  void forget() {
    synchronized (LOG) {
      LOG.list.clear();
    }
  }

  @AfterEach
  void theHonestClientHasReadEverything() {
    for (int i = 0; i < 3; i++) {
      published++;
      Http.publish(address, HONEST, Integer.toString(published));
      Block block = honest.next();
      while (block.type().startsWith("tw.")) {
        block = honest.next();
      }
      assertThat(block.data()).as("seed " + SEED).isEqualTo(Integer.toString(published));
    }
    double internal =
        gateway
            .context()
            .getBean(MeterRegistry.class)
            .find("tailwater.edge.ws.closed")
            .tag("code", "1011")
            .counters()
            .stream()
            .mapToDouble(counter -> counter.count())
            .sum();
    assertThat(internal).as("closes for an internal error, seed " + SEED).isZero();
  }

  private static void assertNothingLogged(Level level) {
    synchronized (LOG) {
      assertThat(List.copyOf(LOG.list))
          .filteredOn(FuzzIT::isOurs)
          .filteredOn(
              event ->
                  event.getLevel().isGreaterOrEqual(level) || event.getThrowableProxy() != null)
          .extracting(event -> event.getLoggerName() + ": " + event.getFormattedMessage())
          .as("seed " + SEED)
          .isEmpty();
    }
  }

  /** Tests of Redis run beside these, and have it fail. */
  private static boolean isOurs(ILoggingEvent event) {
    String name = event.getLoggerName();
    return !name.startsWith("io.tailwater.redis")
        && !name.startsWith("io.tailwater.system")
        && (name.startsWith("io.tailwater") || name.startsWith("io.micronaut"));
  }

  @Test
  void everyRequestIsAnsweredAndNoneIsAnInternalError() {
    for (int i = Scale.of(1_200, 60_000); i > 0; i--) {
      byte[] request = input.request(address);
      String what = "seed " + SEED + ", " + new String(request, StandardCharsets.ISO_8859_1);
      Http.Answer answer;
      try (RawConnection connection = RawConnection.open(address).send(request)) {
        answer = connection.head();
        String type = answer.contentType();
        boolean whole =
            answer.headers().firstValue("content-length").isPresent() && !what.contains(", HEAD ");
        assertThat(answer.status()).as(what).matches(status -> status < 500 || status == 503);
        if (answer.status() >= 400 && whole) {
          assertThat(type).as(what).startsWith("application/");
          String body = connection.rest();
          assertThat(body).as(what).doesNotContain("java.", "Exception", "\"internal\"");
          assertThat(Json.tree(body).toString()).as(what).contains("message");
        }
      } catch (UncheckedIOException e) {
        throw new AssertionError(what, e);
      }
    }
    assertNothingLogged(Level.WARN);
  }

  @Test
  void everyFrameWithAnIdIsAnsweredAndTheConnectionStays() {
    for (int connections = Scale.of(15, 600); connections > 0; connections--) {
      try (WsPeer peer = WsPeer.connect(address)) {
        peer.await("welcome");
        peer.text("{\"id\":1,\"subscribe\":{\"channel\":\"demo:fuzz-frames\"}}")
            .await("subscribed");
        for (int i = 0; i < 40; i++) {
          String frame = input.frame(2 + i);
          String what = "seed " + SEED + ", " + frame;
          try {
            peer.text(frame).text("{\"id\":100,\"ping\":{}}");
            JsonNode answer = peer.json();
            while (!answer.has("pong") || answer.path("id").asInt() != 100) {
              if (answer.has("error")) {
                assertThat(answer.path("error").path("code").asText())
                    .as(what)
                    .isNotEqualTo("internal");
              }
              answer = peer.json();
            }
          } catch (IllegalStateException e) {
            throw new AssertionError(what, e);
          }
        }
        String event =
            "{\"id\":101,\"publish\":{\"channel\":\"demo:fuzz-frames\",\"data\":\"end\"}}";
        peer.text(event);
        JsonNode events = peer.await("events");
        while (!events.toString().contains("\"end\"")) {
          events = peer.await("events");
        }
      }
    }
    assertNothingLogged(Level.WARN);
  }

  @Test
  void everyProtobufFrameIsAnsweredOrClosesTheConnectionAsUnreadable() throws Exception {
    for (int i = Scale.of(300, 20_000); i > 0; i--) {
      ClientFrame frame = protobuf(i);
      byte[] bytes =
          input.random().nextInt(3) == 0 ? input.damaged(frame.toByteArray()) : frame.toByteArray();
      String what = "seed " + SEED + ", " + frame + Arrays.toString(bytes);
      try (WsPeer peer = WsPeer.connect(address, "Sec-WebSocket-Protocol: tailwater.v1.protobuf")) {
        peer.send(WsPeer.FINAL | WsPeer.BINARY, bytes);
        peer.send(
            WsPeer.FINAL | WsPeer.BINARY,
            ClientFrame.newBuilder()
                .setId(1_000_000)
                .setPing(Ping.getDefaultInstance())
                .build()
                .toByteArray());
        for (WsPeer.Frame read = peer.read(); ; read = peer.read()) {
          assertThat(read).as(what).isNotNull();
          if (read.opcode() == WsPeer.BINARY) {
            ServerFrame answer = ServerFrame.parseFrom(read.payload());
            if (answer.hasPong() && answer.getId() == 1_000_000) {
              break;
            }
            assertThat(answer.getError().getCode()).as(what).isNotEqualTo("internal");
          } else if (read.opcode() == 0x8) {
            assertThat(ByteBuffer.wrap(read.payload()).getShort() & 0xffff)
                .as(what)
                .isEqualTo(4400);
            break;
          }
        }
      }
    }
    assertNothingLogged(Level.WARN);
  }

  private ClientFrame protobuf(long id) {
    ClientFrame.Builder frame = ClientFrame.newBuilder().setId(id);
    switch (input.random().nextInt(3)) {
      case 0 ->
          frame.setSubscribe(
              Subscribe.newBuilder()
                  .setChannel(input.random().nextBoolean() ? "demo:fuzz" : input.text())
                  .setAfter(input.text())
                  .setFrom(input.text())
                  .addTypes(input.text()));
      case 1 ->
          frame.setPublish(
              Publish.newBuilder()
                  .setChannel(input.random().nextBoolean() ? "demo:fuzz" : input.text())
                  .setType(input.text())
                  .setKey(input.text())
                  .setEncodingValue(input.random().nextInt(3))
                  .setData(ByteString.copyFrom(input.bytes(60))));
      default -> {
        // It says nothing.
      }
    }
    return frame.build();
  }

  @Test
  void bytesThatAreNoFramesEndTheConnectionAndNothingElse() {
    byte[] good = "{\"id\":1,\"ping\":{}}".getBytes(StandardCharsets.UTF_8);
    for (int i = Scale.of(300, 20_000); i > 0; i--) {
      ByteBuffer frame = WsPeer.frame(input.random().nextInt(256), good);
      byte[] bytes = Arrays.copyOf(frame.array(), frame.limit());
      byte[] sent = input.random().nextBoolean() ? input.bytes(400) : input.damaged(bytes);
      String handshake =
          "GET /v1/ws HTTP/1.1\r\nHost: "
              + address.getAuthority()
              + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
              + (input.random().nextBoolean()
                  ? "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
                  : "\r\n");
      try (RawConnection connection =
          RawConnection.open(address).send(handshake).send(sent).halfClose()) {
        assertThat(connection.head().status())
            .as("seed " + SEED + ", " + Arrays.toString(sent))
            .isEqualTo(101);
        connection.discard();
      }
    }
    assertNothingLogged(Level.WARN);
  }

  @Test
  void garbageInKafkaAndRedisReachesNobodyAndStopsNothing() throws Exception {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", platform.bootstrapServers());
    try (KafkaProducer<byte[], byte[]> producer =
            new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
        Socket redis = new Socket("127.0.0.1", URI.create(platform.redis().uri()).getPort())) {
      for (int i = Scale.of(300, 20_000); i > 0; i--) {
        ProducerRecord<byte[], byte[]> record =
            new ProducerRecord<>(
                Namespaces.DEMO,
                input.random().nextInt(4),
                input.random().nextInt(5) == 0 ? null : input.bytes(10),
                input.random().nextInt(5) == 0 ? null : input.bytes(100));
        for (String header : List.of("tw-type", "tw-key", "tw-by", "tw-data", "content-type")) {
          if (input.random().nextInt(3) == 0) {
            record.headers().add(header, input.bytes(300));
          }
        }
        producer.send(record);
        String channel =
            platform.name().prefix()
                + "{"
                + (input.random().nextBoolean() ? Namespaces.DEMO : Namespaces.TYPING)
                + ":"
                + input.random().nextInt(4)
                + "}";
        redis.getOutputStream().write(published(channel, segment()));
      }
      producer.flush();
    }
    await()
        .atMost(LIMIT)
        .untilAsserted(() -> Http.publish(address, new Channel(Namespaces.DEMO, "fuzz"), "1"));
    assertNothingLogged(Level.ERROR);
  }

  private byte[] segment() {
    Segment segment =
        Segment.newBuilder()
            .setNamespace(input.random().nextBoolean() ? Namespaces.DEMO : input.text())
            .setEpoch(input.random().nextBoolean() ? "k3Z" : input.text())
            .setPartition(input.random().nextInt(6) - 1)
            .setFrom(input.random().nextInt(100) - 10)
            .setThrough(input.random().nextBoolean() ? Long.MAX_VALUE : input.random().nextInt(100))
            .addEvents(
                Event.newBuilder()
                    .setChannelKey(input.text())
                    .setOffset(input.random().nextLong())
                    .setType(input.text())
                    .setData(ByteString.copyFrom(input.bytes(50))))
            .build();
    return input.random().nextBoolean()
        ? segment.toByteArray()
        : input.damaged(segment.toByteArray());
  }

  private static byte[] published(String channel, byte[] message) {
    byte[] head =
        ("*3\r\n$7\r\nPUBLISH\r\n$"
                + channel.length()
                + "\r\n"
                + channel
                + "\r\n$"
                + message.length
                + "\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + message.length + 2);
    System.arraycopy(message, 0, all, head.length, message.length);
    all[all.length - 2] = '\r';
    all[all.length - 1] = '\n';
    return all;
  }
}
