package io.tailwater.javaclient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.time.Instant;
import org.junit.jupiter.api.Test;

final class EventTest {
  private record Text(String text) {}

  private static Event event(String json) {
    return new Event(Json.parse(json));
  }

  @Test
  void itsFieldsAreThoseOfTheProtocol() {
    Event event =
        event(
            """
            {"id":"k3Zq-1042","channel":"chat:lobby","type":"message","by":"alice","key":"m-17",
             "ts_ms":1790000000000,"closed":true,"data":{"text":"hi"}}""");
    assertThat(event.id()).isEqualTo("k3Zq-1042");
    assertThat(event.channel()).isEqualTo("chat:lobby");
    assertThat(event.type()).isEqualTo("message");
    assertThat(event.by()).isEqualTo("alice");
    assertThat(event.key()).isEqualTo("m-17");
    assertThat(event.time()).isEqualTo(Instant.ofEpochMilli(1790000000000L));
    assertThat(event.isClosing()).isTrue();
    assertThat(event.isEphemeral()).isFalse();
    assertThat(event.bytes()).isNull();
    assertThat(event.data(Text.class)).isEqualTo(new Text("hi"));
  }

  @Test
  void whatIsAbsentIsNullAndDataThatIsAbsentIsMissing() {
    Event event = event("{\"channel\":\"typing:a\",\"type\":\"message\",\"ephemeral\":true}");
    assertThat(event.id()).isNull();
    assertThat(event.by()).isNull();
    assertThat(event.key()).isNull();
    assertThat(event.isEphemeral()).isTrue();
    assertThat(event.data().isMissingNode()).isTrue();
  }

  @Test
  void bytesAreDecoded() {
    assertThat(event("{\"encoding\":\"base64\",\"data\":\"AAH/\"}").bytes())
        .containsExactly(0, 1, -1);
  }

  @Test
  void numbersAreKeptAsTheyWereSent() {
    String numbers = "{\"data\":[1.50,12345678901234567890,0.1000000000000000000001,1E+400]}";
    assertThat(event(numbers).data().toString())
        .isEqualTo("[1.50,12345678901234567890,0.1000000000000000000001,1E+400]");
  }

  @Test
  void dataMayHaveAThousandLevels() {
    String deep = "[".repeat(1_000) + "]".repeat(1_000);
    assertThat(event("{\"events\":[{\"data\":" + deep + "}]}").whole().has("events")).isTrue();
  }

  @Test
  void dataThatDoesNotFitAClassIsAnErrorWithACode() {
    assertThatExceptionOfType(TailwaterException.class)
        .isThrownBy(() -> event("{\"data\":7}").data(Text.class))
        .satisfies(error -> assertThat(error.code()).isEqualTo("invalid_json"));
  }
}
