package io.tailwater.edge.request;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.http.HttpRequest;
import io.micronaut.http.MutableHttpRequest;
import java.util.List;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever stands in a header or a query is understood or refused by name. */
final class HeadersPropertiesTest {
  private static final List<String> OFFERS = List.of("text/event-stream", "application/json");

  @Property
  void anyAcceptSelectsAnOfferOrNoneOrIsRefused(
      @ForAll("accepts") String one, @ForAll("accepts") String other) {
    MutableHttpRequest<?> request =
        HttpRequest.GET("/v1/events").header("Accept", one).header("Accept", other);
    Accept accept = Garbage.readOrRefused(() -> Accept.of(request));
    if (accept != null) {
      accept.best(OFFERS).ifPresent(best -> assertThat(OFFERS).contains(best));
      assertThat(accept.toString()).isNotBlank();
      Garbage.readOrRefused(() -> accept.require(OFFERS));
    }
  }

  @Property
  void anyCookieIsReadOrRefused(@ForAll("cookies") String one, @ForAll("cookies") String other) {
    MutableHttpRequest<?> request =
        HttpRequest.GET("/v1/events").header("Cookie", one).header("Cookie", other);
    Garbage.readOrRefused(() -> String.valueOf(Once.cookie(request, "tw_token")));
    Garbage.readOrRefused(() -> String.valueOf(Once.header(request, "Cookie")));
  }

  @Property
  void anyParameterIsReadOrRefused(@ForAll("values") String one, @ForAll("values") String other) {
    MutableHttpRequest<?> request = HttpRequest.GET("/v1/events");
    request.getParameters().add("channel", one).add("limit", other).add("envelope", one);
    request.getParameters().add("_", other).add(one.isEmpty() ? "x" : one, other);
    Query query = Query.of(request);
    Garbage.readOrRefused(query::channel);
    Garbage.readOrRefused(() -> query.bounded("limit", 1, 1_000, 100));
    Garbage.readOrRefused(() -> query.bool("envelope"));
    Garbage.readOrRefused(() -> query.text("channel"));
    Garbage.readOrRefused(() -> Query.of(request, List.of("channel", "limit", "envelope")));
  }

  @Provide
  Arbitrary<String> accepts() {
    return Garbage.header(
        ";",
        ",",
        "=",
        "q",
        "q=",
        ";q=0.5",
        ";q=2",
        "*/*",
        "*",
        "/",
        " ",
        "\t",
        "text/event-stream",
        "application/json",
        "text/*",
        "\"",
        "application/json;q=0");
  }

  @Provide
  Arbitrary<String> cookies() {
    return Garbage.header("tw_token", "=", ";", ",", " ", "\"", "a", "$Version", "tw_token=x; ");
  }

  @Provide
  Arbitrary<String> values() {
    return Garbage.text(
        "demo", ":", "a", "*", "%", "\u0000", "\ud800", "true", "1", "-", ".", "99999999999", " ");
  }
}
