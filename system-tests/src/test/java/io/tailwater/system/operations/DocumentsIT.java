package io.tailwater.system.operations;

import static org.assertj.core.api.Assertions.assertThat;

import io.micronaut.web.router.Router;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

/** The documents of the contract that a gateway serves. */
@OnPlatforms
final class DocumentsIT {
  private static final Pattern ADDRESS = Pattern.compile("(?:href|src)=\"(/docs[^\"#]*)");

  /** Checks the document as Redocly does, and makes a client of it that TypeScript accepts. */
  private static final String GENERATED =
      """
      import {execFileSync} from 'node:child_process';
      import {writeFileSync} from 'node:fs';
      process.chdir(import.meta.dirname);
      const [document, gateway] = process.argv.slice(2);
      const run = (name, ...args) =>
        execFileSync(`node_modules/.bin/${name}`, args, {stdio: ['ignore', 'inherit', 'inherit']});
      run('redocly', 'lint', '--extends=recommended', '--format=github-actions', document);
      run('openapi-typescript', document, '-o', 'api.d.ts');
      writeFileSync('generated.mts', `
      import createClient from 'openapi-fetch';
      import type {components, paths} from './api.js';

      const client = createClient<paths>({baseUrl: process.argv[3]});
      const channel = 'demo:generated';
      const published = await client.POST('/v1/events', {params: {query: {channel}}, body: {n: 1}});
      const {id} = published.data as components['schemas']['Published'];
      const read = await client.GET('/v1/events', {
        params: {query: {channel: [channel], from: 'earliest'}},
        headers: {Accept: 'application/json'},
      });
      const {events} = read.data as components['schemas']['Poll'];
      console.log(events.some((event) => event.id === id) ? 'read what was published' : events);
      const refused = await client.GET('/v1/channel', {params: {query: {channel: ['nothing:here']}}});
      console.log('refused: ' + refused.error?.code);
      `);
      run('tsc', '--target', 'es2022', '--module', 'nodenext', '--strict', '--skipLibCheck',
        '--types', 'node', 'generated.mts');
      await import('./generated.mjs');
      """;

  private static final Set<String> METHODS = Set.of("get", "post", "put", "delete", "patch");

  private final InProcessPlatform platform;
  private final URI gateway;

  DocumentsIT(InProcessPlatform platform) {
    this.platform = platform;
    this.gateway = platform.gateways().getFirst();
  }

  @Test
  void whatTheOpenApiDocumentNamesIsThere() {
    Http.Answer answer = get("/v1/openapi.yaml");
    assertThat(answer.contentType()).isEqualTo("application/yaml");
    Map<String, Map<String, Map<String, Object>>> document = new Yaml().load(answer.body());
    Map<String, Map<String, Object>> paths = document.getOrDefault("paths", Map.of());
    assertThat(paths).containsKeys("/v1/events", "/v1/channel", "/v1/ai/streams/{id}");
    List<String> missing = new ArrayList<>();
    paths.forEach(
        (path, operations) ->
            operations.keySet().stream()
                .filter(METHODS::contains)
                .filter(method -> !there(method, path))
                .forEach(method -> missing.add(method + " " + path)));
    assertThat(missing).isEmpty();
  }

  @Test
  @Tag("long")
  void redoclyFindsNoErrorAndAGeneratedClientPublishesAndReads() throws Exception {
    List<String> command = new ArrayList<>(Tools.node("openapi", GENERATED));
    command.add(Repository.path("edge-gateway/src/main/resources/openapi.yaml").toString());
    command.add(gateway.toString());
    Process node = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(node.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(node.waitFor()).as(printed).isZero();
    assertThat(printed)
        .doesNotContain("::error")
        .contains("read what was published", "refused: not_found");
  }

  /** Nothing is asked for, so it is refused; but not because there is nothing. */
  private boolean there(String method, String path) {
    Http.Answer answer =
        Http.send(
            HttpRequest.newBuilder(
                    gateway.resolve(path.replace("{name}", "event").replaceAll("[{]\\w+}", "none")))
                .header("Accept", "application/json")
                .method(method.toUpperCase(Locale.ROOT), HttpRequest.BodyPublishers.noBody()));
    return answer.status() != 405 && !answer.body().contains("there is nothing at");
  }

  /** What only operators and the demo use is not part of the contract. */
  @Test
  void everyRouteOfAGatewayIsInTheOpenApiDocument() {
    Map<String, Map<String, Map<String, Object>>> document =
        new Yaml().load(get("/v1/openapi.yaml").body());
    Map<String, Map<String, Object>> paths = document.getOrDefault("paths", Map.of());
    Set<String> routes = new TreeSet<>();
    try (ExtraGateway extra = platform.gateway(Map.of("redis.uri", platform.redis().uri()))) {
      extra
          .context()
          .getBean(Router.class)
          .uriRoutes()
          .filter(route -> METHODS.contains(route.getHttpMethodName().toLowerCase(Locale.ROOT)))
          .forEach(
              route ->
                  routes.add(
                      route.getHttpMethodName().toLowerCase(Locale.ROOT)
                          + " "
                          + route.getUriMatchTemplate().toPathString().replace("{+", "{")));
    }
    assertThat(routes).hasSizeGreaterThan(10);
    assertThat(routes)
        .filteredOn(route -> !route.matches("get /(health|prometheus|console).*"))
        // Files, which the contract lists by name.
        .filteredOn(
            route ->
                !route.matches(
                    "get (/docs.*|/v1/(client\\.d\\.ts|client/.*|\\{name}\\.proto|openapi\\.yaml))"))
        // These only say that there is nothing.
        .filteredOn(
            route ->
                !route.matches(
                    "(get|post) /v1/(responses|completions|embeddings|chat/\\{|models/\\{[+]?rest).*"))
        // And these, that the protocol has no such request.
        .filteredOn(route -> !route.matches("(put|patch|delete) /socket.io"))
        .allSatisfy(
            route -> {
              String[] words = route.split(" ");
              // Clients of Socket.IO send its path with a slash at its end.
              String path = paths.containsKey(words[1]) ? words[1] : words[1] + "/";
              assertThat(paths.getOrDefault(path, Map.of())).as(route).containsKey(words[0]);
            });
  }

  @Test
  void theDefinitionsAreServed() {
    for (String name : List.of("frames", "event", "event_core", "ai", "backend")) {
      Http.Answer answer = get("/v1/" + name + ".proto");
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.body()).contains("package tailwater.").contains("syntax = \"proto3\";");
    }
    assertThat(get("/v1/secrets.proto").status()).isEqualTo(404);
  }

  /** That links between pages and their anchors are right, SiteTest shows. */
  @Test
  void theDocumentationIsServedWithAllThatItLoads() {
    Http.Answer first = get("/docs");
    assertThat(first.status()).isEqualTo(200);
    assertThat(first.contentType()).isEqualTo("text/html; charset=utf-8");
    assertThat(first.body()).contains("<title>Tailwater</title>");
    assertThat(get("/docs/").body()).isEqualTo(first.body());
    Set<String> addresses = new TreeSet<>(Set.of("/docs/search.json"));
    ADDRESS.matcher(first.body()).results().forEach(found -> addresses.add(found.group(1)));
    assertThat(addresses)
        .contains("/docs/docs.css", "/docs/docs.js", "/docs/icon.svg", "/docs/demo.png")
        .hasSizeGreaterThan(50)
        .allSatisfy(address -> assertThat(get(address).status()).as(address).isEqualTo(200));
    assertThat(get("/docs/none").status()).isEqualTo(404);
    assertThat(get("/docs/../application.yml").status()).isEqualTo(404);
  }

  @Test
  void aBrowserThatHasAPageIsToldSo() {
    String tag = get("/docs/protocol").headers().firstValue("ETag").orElseThrow();
    assertThat(
            Http.send(
                    HttpRequest.newBuilder(gateway.resolve("/docs/protocol"))
                        .header("If-None-Match", tag))
                .status())
        .isEqualTo(304);
  }

  private Http.Answer get(String path) {
    return Http.send(HttpRequest.newBuilder(gateway.resolve(path)));
  }
}
