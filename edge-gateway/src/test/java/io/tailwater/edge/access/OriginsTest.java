package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class OriginsTest {
  private static final String APP = "https://app.example.com";

  @Test
  void aListedOriginMayReadAnswersWithCredentials() {
    assertThat(new Origins(List.of(APP)).headers(APP))
        .containsEntry("Access-Control-Allow-Origin", APP)
        .containsEntry("Access-Control-Allow-Credentials", "true")
        .extractingByKey("Access-Control-Expose-Headers")
        .asString()
        .startsWith("Location, Content-Location, Retry-After, ETag");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://evil.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://app.example.com.evil.com",
        "null"
      })
  void anyOtherMayNot(String origin) {
    assertThat(new Origins(List.of(APP)).headers(origin)).isEmpty();
    assertThat(new Origins(List.of(APP)).listed(Origin.parse(origin))).isFalse();
  }

  @Test
  void noOriginNeedsNoHeaders() {
    assertThat(new Origins(List.of(APP)).headers(null)).isEmpty();
    assertThat(new Origins(List.of()).headers(APP)).isEmpty();
  }

  @Test
  void aStarIsAnyWithoutCredentials() {
    Origins any = new Origins(List.of("*"));
    assertThat(any.headers(APP))
        .containsEntry("Access-Control-Allow-Origin", "*")
        .doesNotContainKey("Access-Control-Allow-Credentials");
    assertThat(any.listed(Origin.parse(APP))).as("a cookie of any page").isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "HTTPS://App.Example.COM, https://app.example.com",
    "https://app.example.com:443, https://app.example.com",
    "http://app.example.com:80, http://app.example.com",
    "' https://app.example.com ', https://app.example.com",
    "https://app.example.com:8443, https://app.example.com:8443",
    "https://bücher.example, https://xn--bcher-kva.example",
    "http://[0:0:0:0:0:0:0:1]:3000, http://[::1]:3000",
    "http://127.0.0.1:3000, http://127.0.0.1:3000",
    "capacitor://localhost, capacitor://localhost",
  })
  void aListedOriginMayBeWrittenInAnySpelling(String listed, String origin) {
    Origins origins = new Origins(List.of(listed));
    assertThat(origins.headers(origin)).containsEntry("Access-Control-Allow-Origin", origin);
    assertThat(origins.headersForUnknown()).containsEntry("Access-Control-Allow-Origin", origin);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://*.example.com",
        "https://app..example.com",
        "https://app example.com",
        "https://app.example.com:",
        "https://app.example.com:70000",
        "https://app.example.com:x",
        "https://[::1",
        "https://[127.0.0.1]",
        "https://127.1",
        "https://0x7f000001",
        "https://300.1.1.1",
        "https://",
        "//app.example.com",
        "https:app.example.com",
        "null",
        "**"
      })
  void whatIsNoOriginIsRefusedAtTheStart(String listed) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Origins(List.of(listed)))
        .withMessageContaining("tailwater.edge.origins");
  }

  @Test
  void aRequestWhoseOriginIsNotKnownIsAnsweredForTheOnlyListedOne() {
    assertThat(new Origins(List.of(APP, "https://b.example")).headersForUnknown()).isEmpty();
    assertThat(new Origins(List.of()).headersForUnknown()).isEmpty();
    assertThat(new Origins(List.of(APP, "*")).headersForUnknown())
        .containsEntry("Access-Control-Allow-Origin", "*");
  }

  @Test
  void aListedPageMaySendWhatItAsksFor() {
    Origins origins = new Origins(List.of(APP));
    assertThat(origins.preflight(APP, "x-anything"))
        .containsEntry("Access-Control-Allow-Origin", APP)
        .containsEntry("Access-Control-Allow-Methods", "GET, HEAD, POST, DELETE")
        .containsEntry("Access-Control-Allow-Headers", "x-anything")
        .containsEntry("Access-Control-Max-Age", "7200");
    assertThat(origins.preflight("https://evil.example", "x-anything")).isEmpty();
    assertThat(origins.preflight(null, "x-anything")).isEmpty();
  }

  @Test
  void aPageOfAnyOriginMaySendTheHeadersOfTheContract() {
    assertThat(new Origins(List.of("*")).preflight(APP, "x-stainless-os, x-anything"))
        .extractingByKey("Access-Control-Allow-Headers")
        .asString()
        .startsWith("Authorization, Content-Type, Last-Event-ID, Event-Type, Idempotency-Key")
        .endsWith(", x-stainless-os");
  }
}
