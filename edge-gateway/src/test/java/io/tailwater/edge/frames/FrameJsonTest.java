package io.tailwater.edge.frames;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.v1.Authed;
import io.tailwater.contract.v1.ChannelReset;
import io.tailwater.contract.v1.ClientFrame;
import io.tailwater.contract.v1.Disconnect;
import io.tailwater.contract.v1.Encoding;
import io.tailwater.contract.v1.Error;
import io.tailwater.contract.v1.PartitionReset;
import io.tailwater.contract.v1.Published;
import io.tailwater.contract.v1.Result;
import io.tailwater.contract.v1.ServerFrame;
import io.tailwater.contract.v1.Unsubscribed;
import io.tailwater.contract.v1.Welcome;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FrameJsonTest {
  @Test
  void theFramesOfTheContractAreRead() {
    assertThat(frame("{\"id\":1,\"auth\":{\"token\":\"…\"}}").getAuth().getToken()).isEqualTo("…");
    ClientFrame subscribe =
        frame("{\"id\":2,\"subscribe\":{\"channel\":\"chat:lobby\",\"after\":\"k3Zq-1041\"}}");
    assertThat(subscribe.getId()).isEqualTo(2);
    assertThat(subscribe.getSubscribe().getChannel()).isEqualTo("chat:lobby");
    assertThat(subscribe.getSubscribe().getAfter()).isEqualTo("k3Zq-1041");
    ClientFrame publish =
        frame(
            "{\"id\":3,\"publish\":{\"channel\":\"chat:lobby\",\"type\":\"message\",\"data\":{\"text\":\"hi\"},\"key\":\"m-17\",\"close\":true}}");
    assertThat(publish.getPublish().getData().toStringUtf8()).isEqualTo("{\"text\":\"hi\"}");
    assertThat(publish.getPublish().getClose()).isTrue();
    assertThat(frame("{\"id\":5,\"unsubscribe\":{\"channel\":\"x\"}}").hasUnsubscribe()).isTrue();
    assertThat(frame("{\"ping\":{},\"id\":6}").getId()).as("in any order").isEqualTo(6);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1.10",
        "-0",
        "123456789012345678901234567890",
        "true",
        "null",
        "\"a\\u00e9\\\"} é 😀\"",
        "[ 1 , { \"a\" : [ ] } ]",
        "{\"a\":1,\"a\":2}",
        "1e400",
        "\"\""
      })
  void dataIsTakenAsItWasWritten(String data) {
    assertThat(data(",\"data\":" + data)).isEqualTo(data);
    assertThat(data(",\"data\" : " + data + " ,\"key\":\"é\"")).isEqualTo(data);
    assertThat(data(",\"key\":\"é\" , \"data\":\n" + data + "\n")).isEqualTo(data);
  }

  private static String data(String fields) {
    return frame("{\"id\":1,\"publish\":{\"channel\":\"a:b\"" + fields + "}}")
        .getPublish()
        .getData()
        .toStringUtf8();
  }

  @Test
  void aListOfTypesIsRead() {
    ClientFrame frame =
        frame("{\"id\":1,\"subscribe\":{\"types\":[\"a\", \"b\"],\"channel\":\"a:*\"}}");
    assertThat(frame.getSubscribe().getTypesList()).containsExactly("a", "b");
    assertThat(frame.getSubscribe().getChannel()).isEqualTo("a:*");
    assertThat(frame("{\"id\":1,\"subscribe\":{\"types\":[]}}").getSubscribe().getTypesList())
        .isEmpty();
  }

  @Test
  void theResetOfAPatternNamesItsPartitions() {
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setReset(
                        ChannelReset.newBuilder()
                            .setChannel("orders:*")
                            .setReason("expired")
                            .setPosition("p1.x")
                            .addPartitions(
                                PartitionReset.newBuilder().setPartition(0).setEarliest("k-1"))
                            .addPartitions(
                                PartitionReset.newBuilder().setPartition(3).setEarliest("k-2")))))
        .isEqualTo(
            "{\"reset\":{\"channel\":\"orders:*\",\"reason\":\"expired\",\"position\":\"p1.x\","
                + "\"partitions\":[{\"partition\":0,\"earliest\":\"k-1\"},{\"partition\":3,\"earliest\":\"k-2\"}]}}");
  }

  @Test
  void bytesAreBase64WhereverTheEncodingStands() {
    for (String fields :
        new String[] {
          "\"data\":\"AP8=\",\"encoding\":\"base64\"", "\"encoding\":\"base64\",\"data\":\"AP8=\""
        }) {
      ClientFrame frame = frame("{\"id\":1,\"publish\":{\"channel\":\"a:b\"," + fields + "}}");
      assertThat(frame.getPublish().getData().toByteArray()).containsExactly(0, 0xff);
      assertThat(frame.getPublish().getEncoding()).isEqualTo(Encoding.ENCODING_BASE64);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "hello",
        "1",
        "[]",
        "{",
        "{\"id\":1,\"ping\":{}",
        "{\"id\":1,\"ping\":{}}}",
        "{\"id\":1,\"ping\":{}} x",
        "{\"id\":1,\"publish\":{\"data\":\"\\x\"}}",
        "{\"ping\":{}}",
        "{\"id\":0,\"ping\":{}}",
        "\ufeff{\"id\":1,\"ping\":{}}"
      })
  void whatHasNoIdToAnswerToIsUnreadable(String json) {
    assertThat(read(json)).isInstanceOf(ClientMessage.Unreadable.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"-1", "\"1\"", "\"a\"", "1.5", "1e3", "true", "null", "[1]", "{}"})
  void aFrameWithAnIdThatNoAnswerCanHaveIsAnsweredWithoutOne(String id) {
    for (String json :
        List.of("{\"id\":" + id + ",\"ping\":{}}", "{\"ping\":{},\"id\":" + id + "}")) {
      assertBadId(json);
    }
    assertBadId("{\"id\":99999999999999999999,\"ping\":{}}");
    assertBadId("{\"id\":" + "9".repeat(5_000) + ",\"ping\":{}}");
  }

  private static void assertBadId(String json) {
    assertThat(read(json))
        .as(json)
        .isInstanceOfSatisfying(
            ClientMessage.Refused.class,
            refused -> {
              assertThat(refused.id()).isZero();
              assertThat(refused.refusal().text()).contains("'id'", "1 or more");
            });
  }

  @Test
  void aFrameBeyondALimitOfTheParserIsAnsweredWithTheLimit() {
    String deep = "[".repeat(1_500) + "]".repeat(1_500);
    for (String json :
        List.of(
            "{\"id\":4,\"publish\":{\"data\":" + deep + "}}",
            "{\"publish\":{\"data\":" + deep + "},\"id\":4}",
            "{\"id\":4,\"ping\":" + deep + "}")) {
      assertThat(read(json))
          .isInstanceOfSatisfying(
              ClientMessage.Refused.class,
              refused -> {
                assertThat(refused.id()).isEqualTo(4);
                assertThat(refused.refusal().text()).containsAnyOf("1000 levels", "an object");
              });
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'id':4,'pong':{}}|auth, subscribe, publish, call, unsubscribe, ping",
        "{'id':4,'ping':{'a':1}}|there is no field 'a' in 'ping': none",
        "{'id':4,'subscribe':{'chanel':'x'}}|channel, after, from",
        "{'id':4,'id':5,'ping':{}}|stands twice",
        "{'id':4,'ping':{},'ping':{}}|stands twice",
        "{'id':4,'ping':{},'auth':{}}|not several",
        "{'id':4,'ping':[]}|an object",
        "{'id':4,'ping':null}|an object",
        "{'id':4,'subscribe':{'channel':null}}|a string",
        "{'id':4,'subscribe':{'channel':7}}|a string",
        "{'id':4,'subscribe':{'types':'a'}}|a list of strings",
        "{'id':4,'subscribe':{'types':['a',1]}}|a list of strings",
        "{'id':4,'subscribe':{'types':[['a']]}}|a list of strings",
        "{'id':4,'subscribe':{'types':null}}|a list of strings",
        "{'id':4,'publish':{'close':'true'}}|true or false",
        "{'id':4,'publish':{'encoding':'hex'}}|base64",
        "{'id':4,'publish':{'encoding':'base64','data':'?'}}|is not base64",
        "{'id':4,'publish':{'encoding':'base64','data':{}}}|is a string",
        "{'publish':{'chanel':{'id':9}},'id':4}|there is no field 'chanel'"
      })
  void whatIsWrongWithItIsSaidToItsId(String json, String said) {
    assertThat(read(json.replace('\'', '"')))
        .isInstanceOfSatisfying(
            ClientMessage.Refused.class,
            refused -> {
              assertThat(refused.id()).isEqualTo(4);
              assertThat(refused.refusal().code()).isEqualTo(ErrorCode.INVALID_REQUEST);
              assertThat(refused.refusal().text()).contains(said);
            });
  }

  @Test
  void theAnswersAreWrittenAsTheContractShowsThem() {
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setWelcome(
                        Welcome.newBuilder()
                            .setConnection("c-9f2")
                            .setPingMs(25_000)
                            .setLimits(
                                Welcome.Limits.newBuilder().setFrame(65_536).setChannels(1_000)))))
        .isEqualTo(
            "{\"welcome\":{\"connection\":\"c-9f2\",\"ping_ms\":25000,\"limits\":{\"frame\":65536,\"channels\":1000}}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setId(1)
                    .setAuthed(Authed.newBuilder().setSubject("al\"ice").setExpiresAtMs(5))))
        .isEqualTo("{\"id\":1,\"authed\":{\"subject\":\"al\\\"ice\",\"expires_at_ms\":5}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setId(5)
                    .setUnsubscribed(Unsubscribed.getDefaultInstance())))
        .isEqualTo("{\"id\":5,\"unsubscribed\":{}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setId(3)
                    .setPublished(Published.newBuilder().setId("k3Zq-1043"))))
        .isEqualTo("{\"id\":3,\"published\":{\"id\":\"k3Zq-1043\",\"duplicate\":false}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setId(4)
                    .setError(Error.newBuilder().setCode("forbidden").setMessage("…"))))
        .isEqualTo(
            "{\"id\":4,\"error\":{\"code\":\"forbidden\",\"message\":\"…\",\"retry\":false}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setDisconnect(
                        Disconnect.newBuilder().setCode(4408).setReason("slow").setRetryMs(7))))
        .isEqualTo("{\"disconnect\":{\"code\":4408,\"reason\":\"slow\",\"retry_ms\":7}}");
    assertThat(
            json(
                ServerFrame.newBuilder()
                    .setId(4)
                    .setResult(
                        Result.newBuilder().setData(ByteString.copyFromUtf8("{\"a\":1.0}")))))
        .isEqualTo("{\"id\":4,\"result\":{\"data\":{\"a\":1.0}}}");
  }

  private static ClientFrame frame(String json) {
    return switch (read(json)) {
      case ClientMessage.Asked(ClientFrame frame) -> frame;
      case ClientMessage other -> throw new AssertionError(json + " " + other);
    };
  }

  private static ClientMessage read(String json) {
    return FrameJson.read(json.getBytes(StandardCharsets.UTF_8));
  }

  private static String json(ServerFrame.Builder frame) {
    ByteBuf out = Unpooled.buffer();
    FrameJson.write(frame.build(), out);
    return out.toString(StandardCharsets.UTF_8);
  }
}
