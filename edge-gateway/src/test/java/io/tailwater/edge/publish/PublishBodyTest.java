package io.tailwater.edge.publish;

import static io.tailwater.edge.http.RequestRefusals.assertRefused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.EventData;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Namespace;
import io.tailwater.edge.publish.PublishBody.Form;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PublishBodyTest {
  private static final Namespace JSON = namespace(DataKind.JSON);
  private static final Namespace TEXT = namespace(DataKind.TEXT);
  private static final Namespace BYTES = namespace(DataKind.BYTES);
  private static final byte[] NO_UTF8 = {'"', (byte) 0xff, '"'};

  @ParameterizedTest
  @CsvSource({
    "application/json, JSON",
    "application/json; charset=utf-8, JSON",
    "Application/JSON, JSON",
    "text/plain, TEXT",
    "text/markdown;charset=UTF-8, TEXT",
    "application/x-www-form-urlencoded, GUESSED_JSON",
    "'', GUESSED_JSON",
    "' ', GUESSED_JSON",
    "application/x-ndjson, BATCH",
    "application/octet-stream, BYTES",
    "image/png, BYTES"
  })
  void theContentTypeSaysHowABodyIsMeant(String contentType, Form form) {
    assertThat(Form.of(contentType)).isEqualTo(form);
    assertThat(Form.of(null)).isEqualTo(Form.GUESSED_JSON);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"text\":\"hi\"}",
        " [1, 2.50, 1e400, -0] ",
        "12345678901234567890.10",
        "\"\"",
        "null",
        "true",
        "{\"a\":1,\"a\":2}"
      })
  void jsonIsKeptAsItWasSent(String json) {
    assertThat(data(Form.JSON, json, JSON)).isEqualTo(json);
    assertThat(data(Form.GUESSED_JSON, json, JSON)).isEqualTo(json);
    assertThat(data(Form.JSON, json, BYTES)).isEqualTo(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "{", "{}{}", "1 2", "hi", "{'a':1}", "NaN", "[1,]", "\"a", "01", "+1"})
  void whatIsNoJsonIsToldSo(String body) {
    assertRefused(ErrorCode.INVALID_JSON, () -> data(Form.JSON, body, JSON));
    assertRefused(ErrorCode.UNSUPPORTED_MEDIA_TYPE, () -> data(Form.GUESSED_JSON, body, JSON));
  }

  @Test
  void aFormThatIsNoJsonIsToldOfCurlsOption() {
    assertThatExceptionOfType(RequestException.class)
        .isThrownBy(() -> data(Form.GUESSED_JSON, "text=hi", JSON))
        .withMessageContaining("--json");
  }

  @Test
  void textInAJsonNamespaceIsAString() {
    assertThat(data(Form.TEXT, "a \"b\"\né", JSON)).isEqualTo("\"a \\\"b\\\"\\né\"");
    assertThat(data(Form.TEXT, "", JSON)).isEqualTo("\"\"");
    assertThat(data(Form.TEXT, "a \"b\"", TEXT)).isEqualTo("a \"b\"");
    assertThat(data(Form.TEXT, "a \"b\"", BYTES)).isEqualTo("a \"b\"");
  }

  @Test
  void jsonInATextNamespaceIsAString() {
    assertThat(data(Form.JSON, "\"a\\n\\u00e9\"", TEXT)).isEqualTo("a\né");
    assertRefused(ErrorCode.INVALID_REQUEST, () -> data(Form.JSON, "{\"a\":1}", TEXT));
    assertRefused(ErrorCode.INVALID_REQUEST, () -> data(Form.GUESSED_JSON, "5", TEXT));
  }

  @Test
  void bytesThatAreNoUtf8AreNeitherJsonNorText() {
    assertRefused(ErrorCode.INVALID_JSON, () -> PublishBody.data(Form.JSON, NO_UTF8, JSON, false));
    assertRefused(
        ErrorCode.INVALID_REQUEST, () -> PublishBody.data(Form.TEXT, NO_UTF8, JSON, false));
    assertThat(PublishBody.data(Form.BYTES, NO_UTF8, JSON, false))
        .isEqualTo(ByteString.copyFrom(NO_UTF8));
  }

  @Test
  void utf16IsNoJson() {
    byte[] utf16 = "{\"a\":1}".getBytes(StandardCharsets.UTF_16LE);
    assertThat(EventData.isJson(utf16)).isFalse();
  }

  @Test
  void anEmptyBodyIsFineWhereItCloses() {
    assertThat(PublishBody.data(Form.GUESSED_JSON, new byte[0], JSON, true).toStringUtf8())
        .isEqualTo("null");
    assertThat(PublishBody.data(Form.JSON, new byte[0], JSON, true).toStringUtf8())
        .isEqualTo("null");
    assertThat(PublishBody.data(Form.TEXT, new byte[0], TEXT, true)).isEqualTo(ByteString.EMPTY);
    assertThat(PublishBody.data(Form.BYTES, new byte[0], JSON, true)).isEqualTo(ByteString.EMPTY);
    assertRefused(
        ErrorCode.INVALID_JSON, () -> PublishBody.data(Form.JSON, new byte[0], JSON, false));
  }

  @Test
  void deepNestingIsRefusedNotCrashedOn() {
    assertRefused(ErrorCode.INVALID_JSON, () -> data(Form.JSON, "[".repeat(100_000), JSON));
  }

  private static String data(Form form, String body, Namespace namespace) {
    return PublishBody.data(form, body.getBytes(StandardCharsets.UTF_8), namespace, false)
        .toStringUtf8();
  }

  private static Namespace namespace(DataKind data) {
    return Namespace.newBuilder().setName("chat").setData(data).build();
  }
}
