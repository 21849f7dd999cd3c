package io.tailwater.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterTry;
import net.jqwik.api.lifecycle.BeforeTry;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Pipelined requests wait before the decoder, in order, and nothing of them is lost or leaked. */
final class StrictFramingTest {
  private static final String NAME = "edge-strict-framing";

  private EmbeddedChannel channel = new EmbeddedChannel();
  private final List<ByteBuf> sent = new ArrayList<>();
  private Runnable passOn = () -> {};
  private boolean upgraded;

  /** How many requests there is room for. */
  private int room;

  @BeforeEach
  @BeforeTry
  void connect() {
    channel = new EmbeddedChannel(new HttpServerCodec());
    sent.clear();
    upgraded = false;
    room = 0;
    MessageFraming framing = new MessageFraming();
    Duration within = Duration.ofMinutes(1);
    Deadlines deadlines =
        new Deadlines(new RequestTimes(within, within, 1, within), () -> 0, framing);
    passOn =
        StrictFraming.addTo(
            channel.pipeline(), framing, deadlines, () -> upgraded, () -> room <= decoded());
  }

  private int decoded() {
    return (int) channel.inboundMessages().stream().filter(HttpRequest.class::isInstance).count();
  }

  private static String get(int number) {
    return "GET /" + number + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  private static String post(int number) {
    return "POST /" + number + " HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";
  }

  private void send(String text) {
    ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    sent.add(bytes);
    channel.writeInbound(bytes);
  }

  private List<String> paths() {
    return channel.inboundMessages().stream()
        .filter(HttpRequest.class::isInstance)
        .map(message -> ((HttpRequest) message).uri())
        .toList();
  }

  private Object last() {
    return List.copyOf(channel.inboundMessages()).getLast();
  }

  @AfterEach
  @AfterTry
  void nothingIsHeld() {
    channel.inboundMessages().forEach(ReferenceCountUtil::release);
    channel.inboundMessages().clear();
    channel.finishAndReleaseAll();
    assertThat(sent).allMatch(bytes -> bytes.refCnt() == 0);
  }

  @Test
  void requestsWaitUntilThereIsRoomForThem() {
    send(get(1) + post(2) + get(3));
    assertThat(paths()).isEmpty();
    room = 1;
    passOn.run();
    assertThat(paths()).containsExactly("/1");
    passOn.run();
    assertThat(paths()).as("room for one is room for one").containsExactly("/1");
    room = 3;
    passOn.run();
    assertThat(paths()).containsExactly("/1", "/2", "/3");
  }

  @Test
  void aRequestThatHasBegunGoesOnThoughThereIsNoRoomForAnother() {
    room = 1;
    send(post(1).substring(0, 30));
    send(post(1).substring(30) + get(2));
    assertThat(paths()).containsExactly("/1");
    room = 2;
    passOn.run();
    assertThat(paths()).containsExactly("/1", "/2");
  }

  @Test
  void aFaultIsReportedInItsTurnAndEndsTheInput() {
    room = 1;
    send(get(1) + get(2) + "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n" + get(3));
    assertThat(channel.inboundMessages()).noneMatch(Malformed.class::isInstance);
    room = 9;
    passOn.run();
    assertThat(paths()).containsExactly("/1", "/2");
    assertThat(last()).isInstanceOf(Malformed.class);
    send(get(4));
    assertThat(paths()).containsExactly("/1", "/2");
  }

  @Test
  void whatWaitsIsReleasedWithTheConnection() {
    send(get(1));
    send(get(2));
    assertThat(sent).allMatch(bytes -> bytes.refCnt() == 1);
    channel.close();
  }

  @Test
  void bytesOfAnotherProtocolAreNotReadAsRequests() {
    room = 1;
    send(get(1));
    upgraded = true;
    channel.pipeline().remove(HttpServerCodec.class);
    send("\u0081\u0085 no request");
    assertThat(last())
        .isInstanceOfSatisfying(
            ByteBuf.class,
            bytes ->
                assertThat(bytes.toString(StandardCharsets.ISO_8859_1))
                    .isEqualTo("\u0081\u0085 no request"));
  }

  @Test
  void whatWaitsAtTheEndBelongsToTheNextProtocol() {
    room = 1;
    send(get(1) + "frames");
    channel.pipeline().remove(HttpServerCodec.class);
    channel.pipeline().remove(NAME);
    assertThat(last())
        .isInstanceOfSatisfying(
            ByteBuf.class,
            bytes -> assertThat(bytes.toString(StandardCharsets.ISO_8859_1)).isEqualTo("frames"));
  }

  @Property(tries = 300)
  void everyRequestPassesOnceAndInOrderHoweverItArrivesAndHoweverItMustWait(
      @ForAll @IntRange(min = 1, max = 30) int requests, @ForAll Random random) {
    StringBuilder all = new StringBuilder();
    for (int i = 1; i <= requests; i++) {
      all.append(random.nextBoolean() ? get(i) : post(i));
    }
    for (int at = 0; at < all.length(); ) {
      int length = Math.min(all.length() - at, 1 + random.nextInt(200));
      send(all.substring(at, at + length));
      at += length;
      if (random.nextBoolean()) {
        room += random.nextInt(3);
        passOn.run();
      }
      assertThat(decoded()).isLessThanOrEqualTo(room);
    }
    room = requests;
    passOn.run();
    assertThat(paths())
        .containsExactlyElementsOf(
            IntStream.rangeClosed(1, requests).mapToObj(number -> "/" + number).toList());
  }
}
