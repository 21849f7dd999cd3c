package io.tailwater.edge.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.micronaut.http.HttpRequest;
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
        .containsEntry("Access-Control-Expose-Headers", "Location, Content-Location, Retry-After");
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
    assertThat(new Origins(List.of(APP)).listed(origin)).isFalse();
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
    assertThat(any.listed(APP)).as("a cookie of any page").isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "http://127.0.0.1:8080, 127.0.0.1:8080, true",
    "https://app.example.com, app.example.com, true",
    "https://APP.example.com, app.example.com, true",
    "http://127.0.0.1:8081, 127.0.0.1:8080, false",
    "https://evil.example.com, app.example.com, false",
    "null, app.example.com, false",
    "'https://a b', app.example.com, false"
  })
  void ourOwnPagesAreThoseOfTheHostThatWasAsked(String origin, String host, boolean own) {
    HttpRequest<?> request = HttpRequest.GET("/").header("Host", host);
    assertThat(new Origins(List.of()).own(origin, request)).isEqualTo(own);
  }

  @ParameterizedTest
  @ValueSource(strings = {"app.example.com", "https://app.example.com/", "https://*.example.com"})
  void whatIsNoOriginIsRefusedAtTheStart(String listed) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Origins(List.of(listed)))
        .withMessageContaining("tailwater.edge.origins");
  }

  @Test
  void aPreflightAllowsWhatTheContractNames() {
    assertThat(Origins.preflight())
        .containsEntry("Access-Control-Allow-Methods", "GET, POST, DELETE")
        .containsEntry(
            "Access-Control-Allow-Headers",
            "Authorization, Content-Type, Last-Event-ID, Event-Type, Idempotency-Key")
        .containsEntry("Access-Control-Max-Age", "7200");
  }
}
