package io.tailwater.edge.sse;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

final class SseFormatTest {
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Epoch EPOCH = new Epoch("k3Zq");

  @Example
  void aPlainEventHasItsTypeItsDataAndItsIdLast() {
    assertThat(block(SseFormat.PLAIN, event(DataKind.JSON, "{\"text\":\n\"hi\"}")))
        .isEqualTo("event: message\ndata: {\"text\": \"hi\"}\nid: k3Zq-1042\n\n");
  }

  @Example
  void textIsAJsonString() {
    assertThat(block(SseFormat.PLAIN, event(DataKind.TEXT, "a\nb\u2028\"c\"")))
        .isEqualTo("event: message\ndata: \"a\\nb\\u2028\\\"c\\\"\"\nid: k3Zq-1042\n\n");
  }

  @Example
  void anEnvelopeHasNoEventLine() {
    assertThat(block(SseFormat.ENVELOPE, event(DataKind.JSON, "1")))
        .isEqualTo(
            "data: {\"id\":\"k3Zq-1042\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":1}\nid: k3Zq-1042\n\n");
  }

  @Example
  void bytesAlwaysComeInTheirEnvelope() {
    assertThat(block(SseFormat.PLAIN, event(DataKind.BYTES, "hi")))
        .isEqualTo(block(SseFormat.ENVELOPE, event(DataKind.BYTES, "hi")))
        .contains("\"encoding\":\"base64\",\"data\":\"aGk=\"");
  }

  @Example
  void anOpenEnvelopeIsLeftForTheConnectionsOwnId() {
    assertThat(block(SseFormat.ENVELOPE_OPEN, event(DataKind.JSON, "1")) + "\nid: k3Zq-1042\n\n")
        .isEqualTo(block(SseFormat.ENVELOPE, event(DataKind.JSON, "1")));
  }

  @Example
  void anEphemeralEventHasNoIdAndEndsItsBlock() {
    Event event = event(DataKind.JSON, "1");
    assertThat(block(Epoch.EPHEMERAL, SseFormat.PLAIN, event))
        .isEqualTo("event: message\ndata: 1\n\n");
    String whole =
        "data: {\"ephemeral\":true,\"channel\":\"chat:lobby\",\"type\":\"message\",\"ts_ms\":5,\"data\":1}\n\n";
    assertThat(block(Epoch.EPHEMERAL, SseFormat.ENVELOPE, event)).isEqualTo(whole);
    assertThat(block(Epoch.EPHEMERAL, SseFormat.ENVELOPE_OPEN, event)).isEqualTo(whole);
  }

  @Example
  void noTwoFormatsShareASlot() {
    assertThat(SseFormat.values()).extracting(SseFormat::slot).doesNotHaveDuplicates();
  }

  @Property
  void aParserOfEventStreamsGetsOneEventWithTheVerySameText(@ForAll("texts") String text) {
    for (DataKind kind : new DataKind[] {DataKind.TEXT, DataKind.BYTES}) {
      List<Parsed> events =
          parse(
              block(SseFormat.PLAIN, event(kind, text))
                  + block(SseFormat.ENVELOPE, event(kind, text)));
      assertThat(events).hasSize(2);
      assertThat(events).extracting(Parsed::id).containsOnly("k3Zq-1042");
      assertThat(events).allSatisfy(event -> assertThat(event.data).doesNotContain("\n"));
      assertThat(events.getFirst().type).isEqualTo(kind == DataKind.TEXT ? "message" : "");
    }
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars("a:\n\r \0\u0085\u2028\u2029\ufeffé魚dataevenid")
        .ofMaxLength(40);
  }

  private static Event event(DataKind kind, String data) {
    return Event.newBuilder()
        .setOffset(1042)
        .setType("message")
        .setTsMs(5)
        .setKind(kind)
        .setData(ByteString.copyFromUtf8(data))
        .build();
  }

  private static String block(SseFormat format, Event event) {
    return block(EPOCH, format, event);
  }

  private static String block(Epoch epoch, SseFormat format, Event event) {
    ByteBuf out = Unpooled.buffer();
    format.write(LOBBY.toString(), epoch, event, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private record Parsed(String type, String data, String id) {}

  /** As the HTML standard interprets an event stream, and as stricter parsers split lines. */
  private static List<Parsed> parse(String stream) {
    List<Parsed> events = new ArrayList<>();
    String type = "";
    StringBuilder data = new StringBuilder();
    String id = "";
    for (String line : stream.split("\r\n|[\n\r\u0085\u2028\u2029]", -1)) {
      if (line.isEmpty()) {
        if (!data.isEmpty()) {
          events.add(new Parsed(type, data.substring(0, data.length() - 1), id));
        }
        type = "";
        data.setLength(0);
        continue;
      }
      int colon = line.indexOf(':');
      String field = colon < 0 ? line : line.substring(0, colon);
      String value = colon < 0 ? "" : line.substring(colon + 1);
      value = value.startsWith(" ") ? value.substring(1) : value;
      switch (field) {
        case "event" -> type = value;
        case "data" -> data.append(value).append('\n');
        case "id" -> id = value;
        default -> throw new AssertionError("a line that nobody wrote: " + line);
      }
    }
    return events;
  }
}
