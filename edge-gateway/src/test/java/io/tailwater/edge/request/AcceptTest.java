package io.tailwater.edge.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import io.tailwater.contract.RequestException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class AcceptTest {
  private static final String STREAM = "text/event-stream";
  private static final String JSON = "application/json";
  private static final List<String> OFFERS = List.of(STREAM, JSON);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "text/event-stream | text/event-stream",
        "Text/Event-Stream ; charset=utf-8 | text/event-stream",
        "text/* | text/event-stream",
        "*/* | text/event-stream",
        "* | text/event-stream",
        ", , | text/event-stream",
        "application/json | application/json",
        "application/* | application/json",
        "application/json, text/event-stream | application/json",
        "text/event-stream, application/json | text/event-stream",
        "application/json, text/plain, */* | application/json",
        "text/event-stream;q=0.5, application/json | application/json",
        "application/json;q=0.5, text/event-stream | text/event-stream",
        "application/json;q=0.5, */* | text/event-stream",
        "text/event-stream;q=0.2, */* | application/json",
        "text/event-stream;q=0, */* | application/json",
        "text/html, */*;q=0.8 | text/event-stream",
        "application/json; q=0.001, image/png | application/json",
        "text/event-stream; Q=0.9, application/json; q=1.0 | application/json",
        "text/event-stream;q=0.500000 | text/event-stream",
      })
  void theTypeWithTheHighestQualityAnswers(String accept, String type) {
    assertThat(of(accept).best(OFFERS)).contains(type);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "image/png",
        "text/event-stream;q=0",
        "*/*;q=0",
        "application/json;q=0.0, text/*;q=0",
        "image/*, text/html"
      })
  void withNoneOfThemNothingDoes(String accept) {
    assertThat(of(accept).best(OFFERS)).isEmpty();
    assertThatThrownBy(() -> of(accept).require(OFFERS))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining("text/event-stream or application/json");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text", "text/", "/", "a b/c", "*/*;q=2", "*/*;q=-1", "*/*;q=x", "*/*;q"})
  void whatCannotBeReadIsRefusedByName(String accept) {
    assertThatThrownBy(() -> of(accept))
        .isInstanceOf(RequestException.class)
        .hasMessageContaining("Accept has '" + accept);
  }

  @Test
  void everyLineCounts() {
    MutableHttpRequest<?> request = HttpRequest.GET("/").header("Accept", "image/png");
    request.header("Accept", "application/json;q=0.1");
    assertThat(Accept.of(request).best(OFFERS)).contains(JSON);
    request.header("Accept", STREAM);
    assertThat(Accept.of(request).best(OFFERS)).contains(STREAM);
    assertThat(Accept.of(HttpRequest.GET("/")).best(OFFERS)).contains(STREAM);
  }

  private static Accept of(String accept) {
    return Accept.of(HttpRequest.GET("/").header("Accept", accept));
  }
}
