package io.tailwater.edge.publish;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.PublishRequest;
import io.tailwater.edge.publish.BatchLines.Line;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Objects;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class BatchLinesTest {
  @Test
  void aLineHasAChannelDataATypeAndAKey() {
    Line line =
        parse(
            "{\"channel\":\"chat:lobby\",\"data\":{\"a\":[1]},\"type\":\"note\",\"key\":\"k-1\"}");
    assertThat(line.channel()).isEqualTo(Channel.parse("chat:lobby"));
    assertThat(line.type()).isEqualTo("note");
    assertThat(line.key()).isEqualTo("k-1");
    assertThat(dataOf(line)).isEqualTo("{\"a\":[1]}");
  }

  @Test
  void typeAndKeyMayBeLeftOut() {
    Line line = parse("{\"data\":1,\"channel\":\"chat:lobby\"}");
    assertThat(line.type()).isEqualTo("message");
    assertThat(line.key()).isEmpty();
  }

  @Test
  void aLineMayWriteAnEntry() {
    Line line =
        parse(
            "{\"channel\":\"board:1\",\"entry\":\"e\",\"op\":\"exclude\",\"if\":\"*\",\"at\":5,\"seen\":\"k3Zq-7\",\"data\":[]}");
    assertThat(line.entry())
        .isEqualTo(
            PublishRequest.newBuilder()
                .setEntry("e")
                .setOp(EntryOp.EXCLUDE)
                .setIf("*")
                .setAtMs(5)
                .setSeen("k3Zq-7")
                .build());
    Line deletion = parse("{\"channel\":\"board:1\",\"entry\":\"e\",\"op\":\"delete\"}");
    assertThat(deletion.data()).isNull();
    assertThat(deletion.bytes()).isEmpty();
  }

  @Test
  void bytesComeAsBase64() {
    Line line = parse("{\"channel\":\"chat:lobby\",\"data_base64\":\"AP/+\"}");
    assertThat(line.data()).isNull();
    assertThat(line.bytes()).containsExactly(0, 0xff, 0xfe);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.0",
        "-0",
        "1e400",
        "12345678901234567890.10",
        "\"a\\u00e9\\/\"",
        "\"é魚🐟\"",
        "null",
        "true",
        "[ 1 , 2.50 ]",
        "{\"a\":1,\"a\":2}",
        "{}"
      })
  void dataIsKeptAsItWasWrittenWhereverItStands(String json) {
    assertThat(dataOf(parse("{\"channel\":\"chat:é\",\"data\":" + json + "}"))).isEqualTo(json);
    assertThat(dataOf(parse("{\"channel\":\"chat:é\",\"data\" : " + json + " , \"key\":\"魚\"}")))
        .isEqualTo(json);
    assertThat(dataOf(parse(" {\"data\":" + json + ",\"channel\":\"chat:é\"} "))).isEqualTo(json);
  }

  @Property
  void numbersAreNotReadAgain(@ForAll("numbers") String number) {
    assertThat(dataOf(parse("{\"channel\":\"chat:a\",\"data\":" + number + "}"))).isEqualTo(number);
  }

  @Provide
  Arbitrary<String> numbers() {
    return Arbitraries.bigDecimals()
        .ofScale(12)
        .map(Object::toString)
        .map(n -> n.replace("E+", "e+"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x", "{", "{}x", "{} {}", "{\"channel\":\"chat:a\",\"data\":}", "{'a':1}"})
  void whatIsNoJsonIsInvalidJson(String line) {
    assertRefused(ErrorCode.INVALID_JSON, () -> parse(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "1",
        "\"chat:a\"",
        "{\"channel\":\"chat:a\"}",
        "{\"channel\":\"chat:a\",\"data\":1,\"data_base64\":\"\"}",
        "{\"channel\":\"chat:a\",\"data_base64\":\"#\"}",
        "{\"channel\":\"chat:a\",\"data_base64\":1}",
        "{\"channel\":1,\"data\":1}",
        "{\"channel\":\"chat:a\",\"data\":1,\"key\":7}",
        "{\"channel\":\"chat:a\",\"data\":1,\"type\":null}",
        "{\"channel\":\"chat:a\",\"data\":1,\"chanel\":\"x\"}",
        "{\"channel\":\"chat:a\",\"data\":1,\"close\":true}"
      })
  void whatIsNoLineIsInvalidRequest(String line) {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse(line));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"channel\":\"chat:a\",\"data\":1,\"data\":2}",
        "{\"channel\":\"chat:a\",\"channel\":\"chat:b\",\"data\":2}",
        "{\"channel\":\"chat:a\",\"data\":1,\"key\":\"a\",\"key\":\"b\"}"
      })
  void aFieldThatStandsTwiceIsInvalidRequest(String line) {
    assertRefused(ErrorCode.INVALID_REQUEST, () -> parse(line));
  }

  @Test
  void aBadChannelOrTypeIsToldAsSuch() {
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("{\"data\":1}"));
    assertRefused(ErrorCode.INVALID_CHANNEL, () -> parse("{\"channel\":\"chat\",\"data\":1}"));
    assertRefused(
        ErrorCode.INVALID_TYPE,
        () -> parse("{\"channel\":\"chat:a\",\"data\":1,\"type\":\"tw.x\"}"));
  }

  @Test
  void blankLinesDoNotCountAndLinesMayEndAsWindowsDoes() {
    assertThat(BatchLines.split(bytes("\n{}\r\n \n\t\n{}\n")))
        .extracting(line -> new String(line, StandardCharsets.UTF_8).trim())
        .containsExactly("{}", "{}");
    assertThat(BatchLines.split(bytes("{}"))).hasSize(1);
    assertThat(BatchLines.split(new byte[0])).isEmpty();
  }

  @Test
  void the1001stLineIsOneTooMany() {
    assertThat(BatchLines.split(bytes("{}\n".repeat(1_000)))).hasSize(1_000);
    assertRefused(ErrorCode.TOO_LARGE, () -> BatchLines.split(bytes("{}\n".repeat(1_001))));
  }

  @Test
  void aByteBeyond4MiBIsOneTooMany() {
    byte[] body = new byte[4 << 20];
    Arrays.fill(body, (byte) ' ');
    assertThat(BatchLines.split(body)).isEmpty();
    assertRefused(
        ErrorCode.TOO_LARGE, () -> BatchLines.split(Arrays.copyOf(body, body.length + 1)));
  }

  private static Line parse(String line) {
    return BatchLines.parse(bytes(line));
  }

  private static String dataOf(Line line) {
    return new String(Objects.requireNonNull(line.data()), StandardCharsets.UTF_8);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
