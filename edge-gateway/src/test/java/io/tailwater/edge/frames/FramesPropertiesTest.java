package io.tailwater.edge.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.v1.Call;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Publish;
import io.tailwater.contract.v1.Subscribe;
import io.tailwater.edge.request.Garbage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.StringLength;

/** Whatever a client sends as a frame is carried out, answered by its id, or called unreadable. */
final class FramesPropertiesTest {
  private static final String[] NAMES = {
    "id",
    "auth",
    "token",
    "subscribe",
    "unsubscribe",
    "publish",
    "call",
    "ping",
    "channel",
    "after",
    "from",
    "types",
    "data",
    "encoding",
    "base64",
    "type",
    "key",
    "close",
    "method",
    "envelope"
  };

  private static final List<ClientFrame> FRAMES =
      List.of(
          ClientFrame.newBuilder()
              .setId(7)
              .setSubscribe(
                  Subscribe.newBuilder()
                      .setChannel("demo:ä")
                      .setAfter("k3Z-1")
                      .setFrom("latest")
                      .addTypes("a"))
              .build(),
          ClientFrame.newBuilder()
              .setId(1L << 40)
              .setPublish(
                  Publish.newBuilder()
                      .setChannel("demo:a")
                      .setData(ByteString.copyFromUtf8("{\"a\":[1,2]}"))
                      .setEncoding(Encoding.ENCODING_BASE64)
                      .setKey("key")
                      .setClose(true))
              .build(),
          ClientFrame.newBuilder().setId(3).setCall(Call.newBuilder().setMethod("echo")).build());

  @Property
  void anyObjectWithAnIdIsAnsweredByIt(@ForAll Random random) {
    String rest = Garbage.object(random, NAMES).substring(1);
    String json = "{\"id\":41" + (rest.equals("}") ? "" : ",") + rest;
    ClientMessage message = read(Subprotocol.JSON, json.getBytes(StandardCharsets.UTF_8));
    switch (message) {
      case ClientMessage.Asked asked -> assertThat(asked.frame().getId()).isEqualTo(41);
      case ClientMessage.Refused refused -> {
        assertThat(refused.id()).isEqualTo(41);
        assertThat(refused.refusal().text()).isNotBlank().doesNotContain("java.", "Exception");
      }
      case ClientMessage.Unreadable unreadable ->
          throw new AssertionError(unreadable.reason() + ": " + json);
    }
  }

  @Property
  void anyJsonIsUnderstoodOrNot(@ForAll Random random, @ForAll @StringLength(max = 40) String any) {
    read(Subprotocol.JSON, Garbage.json(random, NAMES).getBytes(StandardCharsets.UTF_8));
    read(Subprotocol.JSON, any.getBytes(StandardCharsets.UTF_8));
    byte[] good =
        "{\"id\":5,\"publish\":{\"channel\":\"demo:a\",\"data\":{\"t\":\"é😀\",\"n\":1.50},\"encoding\":\"base64\"}}"
            .getBytes(StandardCharsets.UTF_8);
    read(Subprotocol.JSON, Garbage.damaged(good, random));
  }

  @Property
  void anyBytesAreAProtobufFrameOrNot(@ForAll Random random, @ForAll byte[] any) {
    ClientFrame good = FRAMES.get(random.nextInt(FRAMES.size()));
    ClientMessage whole = read(Subprotocol.PROTOBUF, good.toByteArray());
    assertThat(whole).isEqualTo(new ClientMessage.Asked(good));
    read(Subprotocol.PROTOBUF, any);
    read(Subprotocol.PROTOBUF, Garbage.damaged(good.toByteArray(), random));
  }

  private static ClientMessage read(Subprotocol subprotocol, byte[] message) {
    ClientMessage read = subprotocol.read(Unpooled.wrappedBuffer(message));
    if (read instanceof ClientMessage.Asked asked) {
      assertThat(asked.frame().getId()).isPositive();
      // Each text of it can be written again.
      assertThat(asked.frame().toByteString().size()).isPositive();
    }
    return read;
  }
}
