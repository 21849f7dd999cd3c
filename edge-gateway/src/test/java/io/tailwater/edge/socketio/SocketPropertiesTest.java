package io.tailwater.edge.socketio;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.edge.request.Garbage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whatever a client sends as packets is understood, or found to be malformed. */
final class SocketPropertiesTest {
  @Provide
  Arbitrary<String> packets() {
    return Garbage.text(
        "0",
        "2",
        "4",
        "5",
        "1-",
        "2-",
        "/",
        "/chat,",
        "/a?b=c,",
        "12",
        "[",
        "]",
        "\"x\"",
        ",",
        "{",
        "}",
        "{}",
        "{\"_placeholder\":true,\"num\":0}",
        "\"num\":",
        "null",
        "1e400",
        "\u001e",
        "b",
        "AQID",
        "[\"x\"]",
        "[\"connect\"]",
        "\"_placeholder\":true",
        "é",
        "\ud83d");
  }

  @Property
  void aTextIsAPacketOrMalformed(@ForAll("packets") String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    SocketPacket packet = SocketPacket.read(bytes);
    if (packet != null && packet.type() == SocketPacket.Type.EVENT) {
      Arguments event = Arguments.read(packet.payload(), List.of());
      assertThat(event).isNotNull();
      assertThat(SocketPacket.RESERVED).doesNotContain(event.name());
    }
    if (packet != null && packet.type() == SocketPacket.Type.BINARY_EVENT) {
      // Of no attachment, or of one: either is an event, or a placeholder is wrong.
      Arguments.read(packet.payload(), List.of(new byte[] {1}));
    }
    if (packet != null && packet.type() == SocketPacket.Type.CONNECT) {
      assertThat(Auth.read(packet.payload())).isNotNull();
    }
  }

  @Property
  void aBodyIsPacketsOrMalformed(@ForAll("packets") String text) {
    List<EnginePacket> packets = EnginePacket.payload(text.getBytes(StandardCharsets.UTF_8));
    if (packets != null) {
      assertThat(packets).hasSize(1 + (int) text.chars().filter(c -> c == 0x1e).count());
    }
  }

  @Property
  void packetsOfAPayloadAreReadAsTheyWereWritten(@ForAll List<byte[]> messages) {
    List<String> written = new ArrayList<>(List.of("3"));
    messages.forEach(bytes -> written.add("b" + Base64.getEncoder().encodeToString(bytes)));
    List<EnginePacket> read =
        EnginePacket.payload(String.join("\u001e", written).getBytes(StandardCharsets.UTF_8));
    assertThat(read).isNotNull();
    assertThat(read.getFirst().type()).isEqualTo(EnginePacket.Type.PONG);
    for (int i = 0; i < messages.size(); i++) {
      assertThat(read.get(i + 1).binary()).isTrue();
      assertThat(read.get(i + 1).data()).isEqualTo(messages.get(i));
    }
  }

  @Property
  void attachmentsStandWhereTheirPlaceholdersWere(
      @ForAll byte[] first, @ForAll byte[] second, @ForAll boolean swapped) {
    String payload =
        "[\"x\",{\"_placeholder\":true,\"num\":%d},{\"a\":[1.50,{ \"num\" : %d , \"_placeholder\":true}],\"num\":9}]"
            .formatted(swapped ? 1 : 0, swapped ? 0 : 1);
    Arguments event =
        Arguments.read(payload.getBytes(StandardCharsets.UTF_8), List.of(first, second));
    assertThat(event).isNotNull();
    assertThat(event.values().getFirst().bytes()).isEqualTo(swapped ? second : first);
    assertThat(text(event.values().getLast().json()))
        .isEqualTo(
            "{\"a\":[1.50,\"%s\"],\"num\":9}"
                .formatted(Base64.getEncoder().encodeToString(swapped ? first : second)));
    assertThat(event.values().getLast().bytes()).isNull();
  }

  @Property
  void theHeadOfAPacketIsReadAsItWasWritten(@ForAll("heads") String namespace, @ForAll long id) {
    long some = Math.floorMod(id, 1_000_000_000_000L);
    SocketPacket packet =
        read("2" + (namespace.equals("/") ? "" : namespace + ",") + some + "[\"x\", 1.0]");
    assertThat(packet).isNotNull();
    assertThat(packet.namespace()).isEqualTo(namespace);
    assertThat(packet.id()).isEqualTo(some);
    assertThat(text(packet.payload())).isEqualTo("[\"x\", 1.0]");
  }

  @Provide
  Arbitrary<String> heads() {
    return Arbitraries.strings()
        .alpha()
        .numeric()
        .withChars('-', '/', 'é')
        .ofMaxLength(20)
        .map(name -> "/" + name);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "7",
        "a",
        "2",
        "2{}",
        "2[]",
        "2[{}]",
        "2[\"connect\"]",
        "2[\"x\"",
        "2[\"x\"] x",
        "5[\"x\"]",
        "51[\"x\"]",
        "565-[\"x\"]",
        "5-[\"x\"]",
        "3",
        "3{}",
        "0[]",
        "0\"x\"",
        "1{}",
        "21234567890123456[\"x\"]",
        "4",
        "41",
        "2[null]"
      })
  void isMalformed(String text) {
    assertThat(read(text)).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[\"x\",{\"_placeholder\":true,\"num\":1}]",
        "[\"x\",{\"_placeholder\":true,\"num\":-1}]",
        "[\"x\",{\"_placeholder\":true}]",
        "[\"x\",{\"_placeholder\":true,\"num\":0,\"a\":1}]",
        "[\"x\",[{\"_placeholder\":true,\"num\":\"0\"}]]"
      })
  void aPlaceholderOfNoAttachmentIsMalformed(String payload) {
    assertThat(Arguments.read(payload.getBytes(StandardCharsets.UTF_8), List.of(new byte[] {1, 2})))
        .isNull();
  }

  @Test
  void dataThatIsBytesIsNamedSoInAFrame() {
    Arguments event =
        Arguments.read(
            "[\"tw:publish\",{\"data\":{\"_placeholder\":true,\"num\":0},\"channel\":\"a:b\"}]"
                .getBytes(StandardCharsets.UTF_8),
            List.of(new byte[] {1, 2, 3}));
    assertThat(event).isNotNull();
    assertThat(text(event.array()))
        .isEqualTo("[{\"data\":\"AQID\",\"encoding\":\"base64\",\"channel\":\"a:b\"}]");
  }

  @Test
  void theQueryOfANamespaceIsNoPartOfItsName() {
    SocketPacket packet = read("0/chat?a=b,{\"token\":\"t\",\"other\":[1],\"meta\":true}");
    assertThat(packet).isNotNull();
    assertThat(packet.namespace()).isEqualTo("/chat");
    assertThat(Auth.read(packet.payload()))
        .isEqualTo(new Auth("t", true, null, "", ByteString.copyFromUtf8("{\"other\":[1]}")));
  }

  private static @Nullable SocketPacket read(String text) {
    return SocketPacket.read(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
