package io.tailwater.system.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Bodies with a content coding are used as a whole, or not at all. */
@OnPlatforms
final class CodingsIT {
  private static final String BATCH =
      "{\"channel\":\"demo:coded-batch\",\"data\":{\"text\":\"some text that compresses\"}}\n"
          .repeat(400);

  private final URI gateway;

  CodingsIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
  }

  /** Where a body goes, and one that is good there. */
  private record Endpoint(String path, String type, String body, int status) {}

  private static final List<Endpoint> ENDPOINTS =
      List.of(
          new Endpoint("/v1/events?channel=demo:coded-one", "application/json", "{\"n\":1}", 201),
          new Endpoint("/v1/events?channel=demo:coded-text", "text/plain", "text", 201),
          new Endpoint("/v1/events", "application/x-ndjson", BATCH, 200),
          new Endpoint("/v1/tickets", "application/json", "{\"channels\":[\"demo:a\"]}", 200),
          new Endpoint("/v1/ai/streams", "application/json", "{\"prompt\":\"hi\"}", 201));

  @TestFactory
  Collection<DynamicTest> wholeBodiesAreDecoded() {
    return ENDPOINTS.stream()
        .flatMap(
            endpoint ->
                Stream.of("gzip", "x-gzip", "GZIP", "identity", "")
                    .map(
                        coding ->
                            dynamicTest(
                                endpoint.path() + " " + endpoint.type() + " " + coding,
                                () -> {
                                  byte[] body = endpoint.body().getBytes(StandardCharsets.UTF_8);
                                  boolean gzip = coding.toLowerCase(Locale.ROOT).contains("gzip");
                                  Http.Answer answer =
                                      send(endpoint, coding, gzip ? gzip(body) : body);
                                  assertThat(answer.status())
                                      .as(answer.body())
                                      .isEqualTo(endpoint.status());
                                })))
        .toList();
  }

  @TestFactory
  Collection<DynamicTest> damagedBodiesAreRefusedAsAWhole() {
    return ENDPOINTS.stream()
        .flatMap(
            endpoint ->
                damaged(endpoint.body().getBytes(StandardCharsets.UTF_8)).entrySet().stream()
                    .map(
                        one ->
                            dynamicTest(
                                endpoint.path() + " " + endpoint.type() + ": " + one.getKey(),
                                () -> refused(endpoint, one.getValue()))))
        .toList();
  }

  private void refused(Endpoint endpoint, byte[] body) {
    Endpoint own =
        new Endpoint(
            endpoint.path().replace("coded", "damaged"),
            endpoint.type(),
            endpoint.body(),
            endpoint.status());
    Http.Answer answer = send(own, "gzip", body);
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
    assertThat(answer.json().path("message").asText()).contains("gzip");
    assertThat(answer.json().path("retry").asBoolean()).isFalse();
    for (String channel : List.of("demo:damaged-one", "demo:damaged-text", "demo:damaged-batch")) {
      assertThat(stored(channel)).isZero();
    }
  }

  private static Map<String, byte[]> damaged(byte[] body) {
    byte[] good =
        gzip(
            new String(body, StandardCharsets.UTF_8)
                .replace("coded", "damaged")
                .getBytes(StandardCharsets.UTF_8));
    Map<String, byte[]> all = new LinkedHashMap<>();
    all.put("nothing", new byte[0]);
    all.put("not gzip", body);
    for (int cut : new int[] {1, 4, 8, 9, good.length / 2, good.length - 11}) {
      all.put(cut + " bytes short", Arrays.copyOf(good, good.length - cut));
    }
    all.put("a wrong checksum", flipped(good, good.length - 8));
    all.put("a wrong length", flipped(good, good.length - 4));
    all.put("a wrong method", flipped(good, 2));
    all.put("trailing bytes", joined(good, new byte[] {0}));
    all.put("trailing text", joined(good, "\n".getBytes(StandardCharsets.UTF_8)));
    all.put("two members", joined(good, good));
    all.put("an empty second member", joined(good, gzip(new byte[0])));
    return all;
  }

  private int stored(String channel) {
    return Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve("/v1/events?channel=" + channel + "&from=earliest"))
                .header("Accept", "application/json"))
        .json()
        .path("events")
        .size();
  }

  @TestFactory
  Collection<DynamicTest> otherCodingsAreNamed() {
    return ENDPOINTS.stream()
        .flatMap(
            endpoint ->
                Stream.of(
                        "br",
                        "zstd",
                        "deflate",
                        "compress",
                        "snappy",
                        "unknown",
                        "gzip, gzip",
                        "br, gzip")
                    .map(
                        coding ->
                            dynamicTest(
                                endpoint.path() + " " + endpoint.type() + " " + coding,
                                () -> {
                                  Http.Answer answer =
                                      send(
                                          endpoint,
                                          coding,
                                          endpoint.body().getBytes(StandardCharsets.UTF_8));
                                  assertThat(answer.status()).as(answer.body()).isEqualTo(415);
                                  assertThat(answer.headers().firstValue("accept-encoding"))
                                      .contains("gzip");
                                  assertThat(answer.json().path("code").asText())
                                      .isEqualTo("unsupported_media_type");
                                })))
        .toList();
  }

  @Test
  void aBombIsTooLarge() {
    byte[] bomb = gzip(new byte[100 << 20]);
    for (Endpoint endpoint : ENDPOINTS) {
      Http.Answer answer = send(endpoint, "gzip", bomb);
      assertThat(answer.status()).as(endpoint + answer.body()).isEqualTo(413);
    }
    Http.Answer line =
        send(
            ENDPOINTS.get(2),
            "gzip",
            gzip(
                ("{\"channel\":\"demo:coded-one\",\"data\":\"" + "x".repeat(4_300_000) + "\"}")
                    .getBytes(StandardCharsets.UTF_8)));
    assertThat(line.status()).isEqualTo(413);
  }

  private Http.Answer send(Endpoint endpoint, String coding, byte[] body) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.resolve(endpoint.path()))
            .header("Content-Type", endpoint.type())
            .header("Authorization", "Bearer " + Tokens.token("coder", List.of("*"), List.of("*")))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (!coding.isEmpty()) {
      request.header("Content-Encoding", coding);
    }
    return Http.send(request);
  }

  private static byte[] flipped(byte[] bytes, int at) {
    byte[] damaged = bytes.clone();
    damaged[at] ^= 1;
    return damaged;
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static byte[] gzip(byte[] body) {
    ByteArrayOutputStream coded = new ByteArrayOutputStream();
    try (GZIPOutputStream stream = new GZIPOutputStream(coded)) {
      stream.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return coded.toByteArray();
  }
}
