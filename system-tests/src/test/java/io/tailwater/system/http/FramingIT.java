package io.tailwater.system.http;

import static io.tailwater.system.clients.AmbiguousRequests.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.tailwater.contract.Channel;
import io.tailwater.system.clients.AmbiguousRequests;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Requests whose end two readers could see in different places are refused and end the connection;
 * what stands behind them is never executed.
 */
@OnPlatforms
final class FramingIT {
  private static final Channel GOOD = new Channel(Namespaces.DEMO, "framing-good");
  private static final Channel SMUGGLED = new Channel(Namespaces.DEMO, "framing-smuggled");
  private static final String PATH = AmbiguousRequests.PATH;
  private static final String BODY = AmbiguousRequests.BODY;

  private final URI gateway;
  private final String host;

  FramingIT(InProcessPlatform platform) {
    this.gateway = platform.gateways().getFirst();
    this.host = "Host: " + gateway.getAuthority();
  }

  @TestFactory
  Collection<DynamicTest> ambiguousFramingIsRefusedAndEndsTheConnection() {
    return new AmbiguousRequests(gateway, path(SMUGGLED))
        .all().entrySet().stream()
            .flatMap(
                variant ->
                    Stream.of(
                        dynamicTest(variant.getKey(), () -> refused(variant.getValue())),
                        dynamicTest(
                            variant.getKey() + ", behind a good request",
                            () -> refusedBehindAGoodOne(variant.getValue()))))
            .toList();
  }

  private static String path(Channel channel) {
    return "/v1/events?channel=" + Wanted.encoded(channel.toString());
  }

  private void refused(String bytes) {
    try (RawConnection connection = RawConnection.open(gateway).send(bytes)) {
      refusal(connection);
    }
    assertThat(stored(SMUGGLED)).isZero();
  }

  private void refusedBehindAGoodOne(String bytes) {
    int before = stored(GOOD);
    String good = RawConnection.post(gateway, path(GOOD), BODY);
    try (RawConnection connection = RawConnection.open(gateway).send(good + bytes)) {
      assertThat(connection.answer().status()).isEqualTo(201);
      refusal(connection);
    }
    assertThat(stored(GOOD)).isEqualTo(before + 1);
    assertThat(stored(SMUGGLED)).isZero();
  }

  private static void refusal(RawConnection connection) {
    Http.Answer answer = connection.answer();
    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    assertThat(answer.contentType()).startsWith("application/problem+json");
    assertThat(answer.headers().firstValue("connection")).contains("close");
    assertThat(answer.json().path("code").asText()).isEqualTo("invalid_request");
    assertThat(answer.json().path("message").asText()).isNotEmpty();
    assertThat(connection.rest()).isEmpty();
  }

  private int stored(Channel channel) {
    return Http.send(
            HttpRequest.newBuilder(gateway.resolve(path(channel) + "&from=earliest&limit=1000"))
                .header("Accept", "application/json"))
        .json()
        .path("events")
        .size();
  }

  @TestFactory
  Collection<DynamicTest> unusualFramingThatIsClearIsAccepted() {
    String chunked = "Transfer-Encoding: chunked";
    Map<String, String> all = new LinkedHashMap<>();
    all.put("a chunk extension", post(host, chunked) + "7;a=\"b c\"\r\n" + BODY + "\r\n0\r\n\r\n");
    all.put("leading zeros", post(host, chunked) + "00000007\r\n" + BODY + "\r\n000\r\n\r\n");
    all.put(
        "capitals", post(host, "TRANSFER-ENCODING: CHUNKED") + "7\r\n" + BODY + "\r\n0\r\n\r\n");
    all.put("a trailer", post(host, chunked) + "7\r\n" + BODY + "\r\n0\r\nX: y\r\n\r\n");
    all.put("several chunks", post(host, chunked) + "3\r\n{\"n\r\n4\r\n\":1}\r\n0\r\n\r\n");
    all.put("spaces around values", post(host, "Content-Length: \t 7 \t") + BODY);
    all.put("no spaces before values", post(host.replace(": ", ":"), "Content-Length:7") + BODY);
    all.put("empty lines first", "\r\n\r\n" + post(host, "Content-Length: 7") + BODY);
    all.put("an empty header", post(host, "X:", "Content-Length: 7") + BODY);
    all.put(
        "a whole URL",
        post(host, "Content-Length: 7").replace(PATH, "http://" + gateway.getAuthority() + PATH)
            + BODY);
    return all.entrySet().stream()
        .flatMap(
            variant ->
                Stream.of(
                    dynamicTest(variant.getKey(), () -> accepted(variant.getValue(), false)),
                    dynamicTest(
                        variant.getKey() + ", byte by byte",
                        () -> accepted(variant.getValue(), true))))
        .toList();
  }

  private void accepted(String bytes, boolean byteByByte) {
    try (RawConnection connection = RawConnection.open(gateway)) {
      for (int turn = 0; turn < 2; turn++) {
        if (byteByByte) {
          bytes.chars().forEach(one -> connection.send(String.valueOf((char) one)));
        } else {
          connection.send(bytes);
        }
        Http.Answer answer = connection.answer();
        assertThat(answer.status()).as(answer.body()).isEqualTo(201);
      }
    }
  }

  @Test
  void aRequestOfHttp10NeedsNoHost() {
    try (RawConnection connection =
        RawConnection.open(gateway).send("GET /v1/channel?channel=demo:a HTTP/1.0\r\n\r\n")) {
      assertThat(connection.answer().status()).isEqualTo(200);
      assertThat(connection.rest()).isEmpty();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredOneAfterAnother() {
    Channel channel = new Channel(Namespaces.DEMO, "framing-pipelined");
    String path = path(channel);
    int requests = 200;
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < requests; i++) {
      all.append(RawConnection.post(gateway, path, Integer.toString(i)));
      all.append(RawConnection.get(gateway, "/v1/channel?channel=demo:framing-pipelined"));
    }
    try (RawConnection connection = RawConnection.open(gateway).send(all.toString())) {
      for (int i = 0; i < requests; i++) {
        Http.Answer published = connection.answer();
        assertThat(published.status()).as(published.body()).isEqualTo(201);
        assertThat(connection.answer().status()).isEqualTo(200);
      }
    }
    assertThat(stored(channel)).isEqualTo(requests);
  }
}
