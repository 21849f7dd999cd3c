package io.tailwater.edge.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.tailwater.edge.request.Garbage;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** Whatever a client offers is agreed on, left out or refused. */
final class HandshakePropertiesTest {
  private static final List<String> SPOKEN = List.of("tailwater.v1.json", "tailwater.v1.protobuf");

  @Property
  void anyHandshakeIsAgreedOnOrRefused(
      @ForAll("extensions") String extensions,
      @ForAll("names") String protocols,
      @ForAll("names") String key) {
    MutableHttpRequest<?> request =
        HttpRequest.GET("/v1/ws")
            .header("Upgrade", protocols)
            .header("Connection", extensions)
            .header("Sec-WebSocket-Version", key)
            .header("Sec-WebSocket-Key", key)
            .header("Sec-WebSocket-Protocol", protocols)
            .header("Sec-WebSocket-Extensions", extensions);
    Handshake.isRequested(request);
    Handshake handshake = Garbage.readOrRefused(() -> Handshake.of(request, SPOKEN));
    if (handshake != null) {
      assertThat(handshake.subprotocol()).isIn(SPOKEN.get(0), SPOKEN.get(1), null);
      handshake.headers().values().forEach(value -> assertThat(value).doesNotContain("\n", "\r"));
    }
    PerMessageDeflate.isOffered(extensions);
  }

  @Property
  void noCompressedBytesGiveMoreThanTheLimit(
      @ForAll Random random, @ForAll @IntRange(max = 3_000) int limit) {
    byte[] message = new byte[random.nextInt(3_000)];
    if (random.nextBoolean()) {
      random.nextBytes(message);
    }
    ByteBuf compressed = Unpooled.buffer(1);
    PerMessageDeflate.deflate(Unpooled.wrappedBuffer(message), compressed);
    byte[] damaged = Garbage.damaged(ByteBufUtil.getBytes(compressed), random);
    ByteBuf out = Unpooled.buffer(1);
    PerMessageDeflate.Inflated inflated =
        PerMessageDeflate.inflate(Unpooled.wrappedBuffer(damaged), limit, out);
    if (inflated == PerMessageDeflate.Inflated.WHOLE) {
      assertThat(out.readableBytes()).isLessThanOrEqualTo(limit);
    }
    // Nothing of it is left for the next message.
    ByteBuf next = Unpooled.buffer(1);
    assertThat(PerMessageDeflate.inflate(compressed, message.length, next))
        .isEqualTo(PerMessageDeflate.Inflated.WHOLE);
    assertThat(ByteBufUtil.getBytes(next)).isEqualTo(message);
  }

  @Provide
  Arbitrary<String> extensions() {
    return Garbage.header(
        "permessage-deflate",
        ";",
        ",",
        "=",
        "\"",
        " ",
        "client_max_window_bits",
        "15",
        "8",
        "99",
        "server_max_window_bits",
        "server_no_context_takeover",
        "client_no_context_takeover",
        "x",
        "permessage-deflate; client_max_window_bits",
        "upgrade");
  }

  @Provide
  Arbitrary<String> names() {
    return Garbage.header(
        "tailwater.v1.json",
        "tailwater.v1.protobuf",
        ",",
        " ",
        "",
        "websocket",
        "13",
        "=",
        "/",
        "+",
        "dGhlIHNhbXBsZSBub25jZQ==");
  }
}
