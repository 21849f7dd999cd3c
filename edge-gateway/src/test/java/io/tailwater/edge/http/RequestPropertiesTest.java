package io.tailwater.edge.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.core.convert.ConversionService;
import io.micronaut.http.HttpParameters;
import io.micronaut.http.HttpRequest;
import io.micronaut.http.HttpRequestWrapper;
import io.micronaut.http.MutableHttpRequest;
import io.micronaut.http.netty.NettyHttpParameters;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.tailwater.edge.log.StartText;
import io.tailwater.edge.log.TypesText;
import io.tailwater.edge.request.Garbage;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever a request to subscribe says, it is understood or refused. */
final class RequestPropertiesTest {
  @Property
  void anyUrlIsReadAsItStandsOrRefused(@ForAll("urls") String url) {
    Garbage.readOrRefused(
        () -> {
          RequestText.requireEscapes(url);
          return "";
        });
  }

  @Property
  void anyContentTypeIsOfUtf8OrRefused(@ForAll("types") String type) {
    Garbage.readOrRefused(
        () -> {
          RequestText.requireUtf8(type);
          return "";
        });
  }

  @Property
  void anyQueryIsASubscriptionOrRefused(
      @ForAll("queries") String query, @ForAll("positions") String lastEventId) {
    MutableHttpRequest<Object> request = HttpRequest.GET("/v1/events");
    request.header("Last-Event-ID", lastEventId);
    String decodable = query.replaceAll("%(?![0-9a-fA-F]{2})", "%25");
    NettyHttpParameters parameters =
        new NettyHttpParameters(
            new QueryStringDecoder("/v1/events?" + decodable).parameters(),
            ConversionService.SHARED,
            null);
    Subscribing read =
        Garbage.readOrRefused(
            () ->
                Subscribing.parse(
                    new HttpRequestWrapper<>(request) {
                      @Override
                      public HttpParameters getParameters() {
                        return parameters;
                      }
                    },
                    32,
                    Set.of("envelope"),
                    Map.of("wait", "application/json")));
    if (read != null) {
      assertThat(read.starts()).isNotEmpty();
    }
  }

  @Property
  void anyStartIsUnderstoodOrRefused(
      @ForAll("positions") String after, @ForAll("starts") String from) {
    Garbage.readOrRefused(() -> StartText.from(from));
    Garbage.readOrRefused(() -> TypesText.parse(from));
    for (String scope : new String[] {"demo:a", "demo:*"}) {
      Garbage.readOrRefused(
          () -> StartText.parse(io.tailwater.contract.ScopeText.parse(scope), after, from));
    }
  }

  @Property
  void anyGzipGivesAtMostTheLimitOrIsRefused(@ForAll Random random, @ForAll byte[] any) {
    byte[] body = new byte[random.nextInt(4_000)];
    byte[] good = gzip(body);
    for (byte[] coded : Arrays.asList(any, Garbage.damaged(good, random))) {
      byte[] decoded = Garbage.readOrRefused(() -> Gzip.decode(coded, 2_000));
      if (decoded != null) {
        assertThat(decoded).hasSizeLessThanOrEqualTo(2_000);
      }
    }
  }

  private static byte[] gzip(byte[] body) {
    var coded = new java.io.ByteArrayOutputStream();
    try (var stream = new java.util.zip.GZIPOutputStream(coded)) {
      stream.write(body);
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return coded.toByteArray();
  }

  @Provide
  Arbitrary<String> urls() {
    return Garbage.header(
        "/v1/events",
        "?",
        "&",
        "=",
        "%",
        "%C3",
        "%BC",
        "%c3%28",
        "%ZZ",
        "%E2%82%AC",
        "%00",
        "%ED%A0%80");
  }

  @Provide
  Arbitrary<String> types() {
    return Garbage.header(
        "application/json", "text/plain", ";", "charset", "=", "utf-8", "\"", "latin1", " ", ",");
  }

  @Provide
  Arbitrary<String> queries() {
    return Garbage.text(
        "channel",
        "=",
        "&",
        "demo:a",
        "demo:*",
        "%3A",
        "after",
        "from",
        "types",
        "k3Z-1",
        "m1.",
        "p1.",
        "lastEventId",
        "latest",
        "earliest",
        "last:3",
        "time:1",
        ";",
        "+",
        "#",
        "ticket",
        "channel=demo:a&",
        "after=k3Z-1&");
  }

  @Provide
  Arbitrary<String> positions() {
    return Garbage.header(
        "k3Z",
        "-",
        "1",
        "-1",
        "m1.",
        "p1.",
        "A",
        "AAAA",
        "~",
        ".",
        "_",
        " ",
        "99999999999999999999",
        "k3Z-1");
  }

  @Provide
  Arbitrary<String> starts() {
    return Garbage.text(
        "latest",
        "earliest",
        "last:",
        "time:",
        "-",
        "1",
        "9999",
        "2026-01-31T12:00:00Z",
        "+02:00",
        "T",
        ":",
        "Z",
        "a",
        ",",
        "tw.",
        "0");
  }
}
