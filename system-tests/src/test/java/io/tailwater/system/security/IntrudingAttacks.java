package io.tailwater.system.security;

import static io.tailwater.system.clients.RawConnection.get;
import static io.tailwater.system.clients.RawConnection.post;

import io.tailwater.system.clients.AmbiguousRequests;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.RawConnection;
import io.tailwater.system.platform.Tokens;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;

/** Attempts to get in, or to see what is not for everyone. What succeeds is reported. */
final class IntrudingAttacks {
  private static final String MALLORY =
      "Authorization: Bearer " + Tokens.token("mallory", List.of("chat:m"), List.of("chat:m"));
  private static final String ALICE =
      "Authorization: Bearer " + Tokens.token("alice", List.of("ai:*"), List.of("ai:*"));
  private static final String EVIL = "http://evil.example";

  private IntrudingAttacks() {}

  static List<Attack> all() {
    return List.of(
        new Attack("ambiguous framing", 3, IntrudingAttacks::framing),
        new Attack("bytes without sense", 4, IntrudingAttacks::noise),
        new Attack("forged and damaged tokens", 4, IntrudingAttacks::tokens),
        new Attack("paths of operators, in every spelling", 3, IntrudingAttacks::paths),
        new Attack("pages of others, DNS rebinding", 3, IntrudingAttacks::pages),
        new Attack("tickets out of tickets", 2, IntrudingAttacks::tickets),
        new Attack("AI streams of others", 2, IntrudingAttacks::streamsOfOthers));
  }

  private static void framing(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    for (String bytes :
        new AmbiguousRequests(gateway, "/v1/events?channel=demo:smuggled").all().values()) {
      RawConnection connection = foes.connect(gateway);
      connection.flood(bytes.getBytes(StandardCharsets.ISO_8859_1));
      Http.Answer answer = foes.answer(connection);
      if (answer.status() != 400 && answer.status() != 429) {
        foes.wrong("framing was accepted: " + answer.status() + " for " + bytes);
      }
      foes.close(connection);
      if (!foes.active()) {
        return;
      }
    }
  }

  private static void noise(Foes foes) throws IOException {
    Random random = new Random(ThreadLocalRandom.current().nextLong());
    byte[] noise = new byte[random.nextInt(4_000)];
    random.nextBytes(noise);
    RawConnection connection =
        random.nextBoolean() ? foes.connect(foes.gateway()) : foes.webSocket();
    connection.flood(noise);
    connection.halfClose();
    connection.discard();
    foes.close(connection);
    foes.count("connections");
  }

  private static void tokens(Foes foes) throws IOException {
    for (String token : forged()) {
      refused(
          foes,
          401,
          get(foes.gateway(), "/v1/channel?channel=chat:a", "Authorization: Bearer " + token));
      refused(foes, 401, get(foes.gateway(), "/v1/channel?channel=chat:a&ticket=" + token));
      refused(
          foes,
          401,
          get(foes.gateway(), "/v1/channel?channel=chat:a", "Cookie: tw_token=" + token));
    }
    refused(foes, 403, get(foes.gateway(), "/v1/channel?channel=chat:a", MALLORY));
    refused(foes, 401, get(foes.gateway(), "/v1/channel?channel=chat:a"));
    refused(foes, 401, post(foes.gateway(), "/v1/events?channel=chat:a", "1"));
    refused(foes, 403, post(foes.gateway(), "/v1/events?channel=ai:a", "1", ALICE));
  }

  private static List<String> forged() {
    Map<String, Object> claims =
        Map.of(
            "sub", "root",
            "exp", Instant.now().plusSeconds(600).getEpochSecond(),
            "tw", Map.of("subscribe", List.of("*"), "publish", List.of("*")));
    String other =
        Base64.getUrlEncoder()
            .withoutPadding()
            .encodeToString(
                "another key that is long enough, too".getBytes(StandardCharsets.UTF_8));
    String good = Tokens.token("root", List.of("x:*"), List.of());
    List<String> all = new ArrayList<>();
    all.add(Tokens.signed("{\"alg\":\"HS256\"}", claims, other));
    for (String algorithm : List.of("none", "None", "HS512", "RS256", "hs256", "")) {
      all.add(Tokens.signed("{\"alg\":\"" + algorithm + "\"}", claims, Tokens.KEY));
      all.add(
          Tokens.signed("{\"alg\":\"" + algorithm + "\"}", claims, other)
              .replaceFirst("[^.]*$", ""));
    }
    int first = good.indexOf('.');
    int second = good.indexOf('.', first + 1);
    all.add(good.substring(0, second) + ".");
    all.add(good.substring(0, second + 5));
    all.add(good.substring(0, first) + "." + good.substring(first + 4));
    all.add("a.b.c");
    all.add("." + good);
    return all;
  }

  private static void paths(Foes foes) throws IOException {
    for (String path :
        List.of(
            "/prometheus",
            "/prometheus/",
            "//prometheus",
            "/%70rometheus",
            "/v1/../prometheus",
            "/v1/%2e%2e/prometheus",
            "/prometheus;a=b",
            "/prometheus%2f",
            "/PROMETHEUS",
            "/health",
            "/health/",
            "/health/readiness",
            "/beans",
            "/env",
            "/loggers",
            "/routes",
            "/refresh",
            "/threaddump",
            "/metrics",
            "/info",
            "/stop")) {
      URI gateway = foes.gateway();
      RawConnection connection = foes.connect(gateway);
      connection.flood(get(gateway, path).getBytes(StandardCharsets.ISO_8859_1));
      Http.Answer answer = foes.answer(connection);
      if (answer.status() < 400) {
        foes.wrong(path + " is answered with " + answer.status());
      }
      foes.close(connection);
    }
    refused(foes, 401, get(foes.gateway(), "/v1/admin/connections"));
    refused(foes, 403, get(foes.gateway(), "/v1/admin/connections", MALLORY));
    refused(foes, 403, get(foes.gateway(), "/v1/admin/namespaces", MALLORY));
  }

  private static void pages(Foes foes) throws IOException {
    for (String path : List.of("/v1/dev/cut", "/v1/dev/kill")) {
      refused(foes, 403, post(foes.gateway(), path, "{}", "Origin: " + EVIL));
      refused(
          foes,
          403,
          post(foes.gateway(), path, "{}", "Origin: " + EVIL)
              .replaceFirst("Host: [^\r]*", "Host: evil.example"));
      refused(foes, 403, post(foes.gateway(), path, "{}", "Origin: null"));
      refused(foes, 403, post(foes.gateway(), path, "{}", "Origin: foo://127.0.0.1"));
    }
    refused(
        foes,
        403,
        get(
            foes.gateway(),
            "/v1/channel?channel=chat:m",
            "Origin: " + EVIL,
            "Cookie: tw_token=" + MALLORY.substring("Authorization: Bearer ".length())));
  }

  private static void tickets(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(
        post(
                gateway,
                "/v1/tickets",
                "{\"channels\":[\"chat:m\"]}",
                MALLORY,
                "Origin: http://a.example")
            .getBytes(StandardCharsets.ISO_8859_1));
    Http.Answer made = foes.answer(connection);
    foes.close(connection);
    if (made.status() != 200) {
      return;
    }
    String ticket = made.json().path("ticket").asText();
    refused(
        foes, 403, post(gateway, "/v1/tickets?ticket=" + ticket, "{\"channels\":[\"chat:m\"]}"));
    refused(
        foes, 403, get(gateway, "/v1/channel?channel=chat:m&ticket=" + ticket, "Origin: " + EVIL));
    refused(foes, 403, get(gateway, "/v1/channel?channel=chat:other&ticket=" + ticket));
    refused(
        foes, 401, get(gateway, "/v1/channel?channel=chat:m", "Authorization: Bearer " + ticket));
  }

  private static void streamsOfOthers(Foes foes) throws IOException {
    URI gateway = foes.gateway();
    RawConnection connection = foes.connect(gateway);
    connection.flood(
        post(gateway, "/v1/ai/streams", "{\"prompt\":\"hello\"}", ALICE, "Idempotency-Key: once")
            .getBytes(StandardCharsets.ISO_8859_1));
    Http.Answer made = foes.answer(connection);
    foes.close(connection);
    if (made.status() >= 300) {
      return;
    }
    String id = made.json().path("id").asText();
    for (String as : List.of(MALLORY, "X-Nobody: 1")) {
      RawConnection cancelling = foes.connect(gateway);
      cancelling.flood(
          get(gateway, "/v1/ai/streams/" + id, as)
              .replaceFirst("GET", "DELETE")
              .getBytes(StandardCharsets.ISO_8859_1));
      Http.Answer answer = foes.answer(cancelling);
      if (answer.status() < 400) {
        foes.wrong("a stream of another was cancelled as " + as);
      }
      foes.close(cancelling);
    }
  }

  private static void refused(Foes foes, int status, String request) throws IOException {
    if (!foes.active()) {
      return;
    }
    RawConnection connection = foes.connect(foes.gateway());
    connection.flood(request.getBytes(StandardCharsets.ISO_8859_1));
    Http.Answer answer = foes.answer(connection);
    if (answer.status() != status && answer.status() != 429 && answer.status() != 503) {
      foes.wrong(answer.status() + " instead of " + status + ": " + request);
    }
    foes.close(connection);
  }
}
