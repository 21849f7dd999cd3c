package io.tailwater.edge.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventJsonTest {
  private static final Channel LOBBY = Channel.parse("chat:lobby");
  private static final Epoch EPOCH = new Epoch("k3Zq");

  @Example
  void anEventIsWrittenAsTheContractShowsIt() {
    Event event =
        Event.newBuilder()
            .setOffset(1042)
            .setType("message")
            .setBy("alice")
            .setKey("m-17")
            .setTsMs(1_790_000_000_000L)
            .setKind(DataKind.JSON)
            .setData(ByteString.copyFromUtf8("{\"text\":\"hi\"}"))
            .build();
    assertThat(written(LOBBY, event))
        .isEqualTo(
            "{\"id\":\"k3Zq-1042\",\"channel\":\"chat:lobby\",\"type\":\"message\",\"by\":\"alice\",\"key\":\"m-17\",\"ts_ms\":1790000000000,\"data\":{\"text\":\"hi\"}}");
  }

  @Example
  void whatIsAbsentIsLeftOutAndBytesAreBase64() {
    Event event =
        Event.newBuilder()
            .setOffset(0)
            .setType("x")
            .setTsMs(1)
            .setKind(DataKind.BYTES)
            .setData(ByteString.copyFrom(new byte[] {0, (byte) 0xff, (byte) 0xfe}))
            .build();
    assertThat(written(LOBBY, event))
        .isEqualTo(
            "{\"id\":\"k3Zq-0\",\"channel\":\"chat:lobby\",\"type\":\"x\",\"ts_ms\":1,\"encoding\":\"base64\",\"data\":\"AP/+\"}");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "-0",
        "1e400",
        "12345678901234567890.123456789012345678901234567890",
        "{\"a\":1,\"a\":2}",
        "[1.10, 2.00]",
        "\"\\u00e9\\/\"",
        "null"
      })
  void jsonIsNotReadAndWrittenAgain(String json) {
    assertThat(data(json)).isEqualTo(json);
  }

  @Property
  void jsonBecomesOneLineAndMeansTheSame(@ForAll("texts") String text) throws IOException {
    String json =
        "{\n\r\"a\" :\t[1.50,\r\n" + jsonString(text) + "\n],\"b\":" + jsonString(text) + "}";
    String line = data(json);
    assertThat(line).doesNotContain("\n", "\r", "\u0085", "\u2028", "\u2029");
    assertThat(tokens(line)).isEqualTo(tokens(json));
  }

  @Property
  void textBecomesOneLineAndMeansTheSame(@ForAll("texts") String text) throws IOException {
    Event event =
        Event.newBuilder().setKind(DataKind.TEXT).setData(ByteString.copyFromUtf8(text)).build();
    ByteBuf out = Unpooled.buffer();
    EventJson.writeData(event, out);
    String line = out.toString(StandardCharsets.UTF_8);
    assertThat(line).doesNotContain("\n", "\r", "\u0085", "\u2028", "\u2029");
    assertThat(tokens(line)).containsExactly(JsonToken.VALUE_STRING + " " + text);
  }

  @Property
  void bytesAreBase64(@ForAll byte[] bytes) {
    Event event =
        Event.newBuilder().setKind(DataKind.BYTES).setData(ByteString.copyFrom(bytes)).build();
    ByteBuf out = Unpooled.buffer();
    EventJson.writeData(event, out);
    assertThat(out.toString(StandardCharsets.US_ASCII))
        .isEqualTo('"' + Base64.getEncoder().encodeToString(bytes) + '"');
  }

  @Property
  void namesAreQuoted(@ForAll("texts") String by) throws IOException {
    Channel channel = Channel.parse("chat:\"\\/\u2028é");
    Event event =
        Event.newBuilder()
            .setType("message")
            .setBy(by)
            .setKind(DataKind.JSON)
            .setData(ByteString.copyFromUtf8("1"))
            .build();
    assertThat(tokens(written(channel, event)))
        .contains(JsonToken.VALUE_STRING + " " + channel)
        .contains(JsonToken.VALUE_STRING + " " + (by.isEmpty() ? "message" : by));
  }

  @Provide
  Arbitrary<String> texts() {
    return Arbitraries.strings()
        .withChars("a\"\\/\n\r\t\b\0\u0085\u00c2\u2027\u2028\u2029\u202aéÂâ魚 ")
        .ofMaxLength(30)
        .map(text -> text + (text.length() % 3 == 0 ? "🐟" : ""));
  }

  private static String written(Channel channel, Event event) {
    ByteBuf out = Unpooled.buffer();
    EventJson.writeEvent(channel.toString(), EPOCH, event, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  private static String data(String json) {
    Event event =
        Event.newBuilder().setKind(DataKind.JSON).setData(ByteString.copyFromUtf8(json)).build();
    ByteBuf out = Unpooled.buffer();
    EventJson.writeData(event, out);
    return out.toString(StandardCharsets.UTF_8);
  }

  /** A JSON string in which only what must be escaped is. */
  private static String jsonString(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (char c : text.toCharArray()) {
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < 0x20) {
        json.append(String.format("\\u%04x", (int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  private static List<String> tokens(String json) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        tokens.add(token + " " + parser.getText());
      }
    }
    return tokens;
  }
}
