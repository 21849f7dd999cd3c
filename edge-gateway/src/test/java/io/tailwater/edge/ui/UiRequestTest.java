package io.tailwater.edge.ui;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the AI SDK posts, as a request of OpenAI's protocol. */
final class UiRequestTest {
  private static final ObjectMapper JSON = ObjectMapper.getDefault();

  @Test
  void messagesAreThoseOfOpenAi() {
    UiRequest request =
        parse(
            """
            {"id":"c","trigger":"submit-message","model":"m","temperature":0.5,"mine":{"x":1},
             "messages":[
              {"id":"1","role":"system","parts":[{"type":"text","text":"Be brief."}]},
              {"id":"2","role":"user","parts":[{"type":"text","text":"Look: "},
               {"type":"file","mediaType":"image/png","url":"data:image/png;base64,AA=="},
               {"type":"data-x","data":{}}]},
              {"id":"3","role":"assistant","parts":[{"type":"step-start"},
               {"type":"reasoning","text":"hm"},{"type":"text","text":"I look."},
               {"type":"tool-look","toolCallId":"t1","state":"output-available","input":{"at":"up"},"output":{"seen":[1,true,null]}},
               {"type":"tool-wait","toolCallId":"t2","state":"input-available","input":{}},
               {"type":"step-start"},{"type":"text","text":"It is blue."}]},
              {"id":"4","role":"user","parts":[{"type":"text","text":"Thanks"}]}]}
            """);
    assertThat(new String(request.chat(), StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"temperature\":0.5,\"messages\":["
                + "{\"role\":\"system\",\"content\":\"Be brief.\"},"
                + "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"Look: \"},"
                + "{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AA==\"}}]},"
                + "{\"role\":\"assistant\",\"content\":\"I look.\",\"tool_calls\":[{\"id\":\"t1\",\"type\":\"function\","
                + "\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"at\\\":\\\"up\\\"}\"}}]},"
                + "{\"role\":\"tool\",\"tool_call_id\":\"t1\",\"content\":\"{\\\"seen\\\":[1,true,null]}\"},"
                + "{\"role\":\"assistant\",\"content\":\"It is blue.\"},"
                + "{\"role\":\"user\",\"content\":\"Thanks\"}]}");
    assertThat(request.model()).isEqualTo("m");
    assertThat(request.continued()).isEmpty();
  }

  @Test
  void anAnswerAfterAToolContinuesItsMessage() {
    UiRequest request =
        parse(
            """
            {"id":"c","messages":[{"id":"a1","role":"assistant","parts":[
              {"type":"dynamic-tool","toolName":"look","toolCallId":"t1","state":"output-error","input":{},"errorText":"dark"}]}]}
            """);
    assertThat(request.continued()).isEqualTo("a1");
    assertThat(new String(request.chat(), StandardCharsets.UTF_8))
        .contains("\"name\":\"look\"", "\"content\":\"dark\"");
  }

  @Test
  void requestsAreTheSameByTheirMessagesAndTriggers() {
    String body = "{\"id\":\"c\",%s\"messages\":[{\"id\":\"%s\",\"role\":\"user\",\"parts\":[]}]}";
    String first = parse(body.formatted("", "1")).name();
    assertThat(parse(body.formatted("\"x\":1,", "1")).name()).isEqualTo(first);
    assertThat(parse(body.formatted("", "2")).name()).isNotEqualTo(first);
    assertThat(parse(body.formatted("\"trigger\":\"regenerate-message\",", "1")).name())
        .isNotEqualTo(first);
    assertThat(parse(body.formatted("\"messageId\":\"1\",", "1")).name()).isNotEqualTo(first);
  }

  @Test
  void whatIsWrongIsSaid() {
    refused("[]", ErrorCode.INVALID_JSON, "'id' and 'messages'");
    refused("{\"id\":\"" + "x".repeat(256) + "\"}", ErrorCode.INVALID_REQUEST, "at most 255");
    refused("{\"id\":7}", ErrorCode.INVALID_REQUEST, "'id' is a text");
    refused(
        "{\"id\":\"c\",\"messages\":[{\"role\":\"user\",\"parts\":[7]}]}",
        ErrorCode.INVALID_REQUEST,
        "'messages[0].parts' is a list of objects");
  }

  private static void refused(String body, ErrorCode code, String why) {
    assertThatThrownBy(() -> parse(body))
        .isInstanceOfSatisfying(
            RequestException.class,
            refusal -> {
              assertThat(refusal.code()).isEqualTo(code);
              assertThat(refusal.text()).contains(why);
            });
  }

  private static UiRequest parse(String body) {
    return UiRequest.parse(body.getBytes(StandardCharsets.UTF_8), JSON);
  }
}
