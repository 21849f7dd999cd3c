package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.ai.upstream.FakeUpstream;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Vercel's AI SDK, unmodified: its chat and its transport, and its endpoints by hand. */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class AiSdkIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String UI = "/v1/ai/ui";
  private static final String ALICE = Tokens.token("alice", List.of(), List.of("ai:*"));
  private static final String BOB = Tokens.token("bob", List.of(), List.of("ai:*"));

  /** Each line that it prints is one result. */
  private static final String CHATS =
      """
      import { AbstractChat, DefaultChatTransport } from 'ai';
      const [api, token, others] = process.argv.slice(2);
      const print = (name, value) => console.log(JSON.stringify({ name, value }));
      class State {
        status = 'ready'; error = undefined; messages = [];
        pushMessage = (m) => { this.messages = [...this.messages, m]; };
        popMessage = () => { this.messages = this.messages.slice(0, -1); };
        replaceMessage = (i, m) => { this.messages = [...this.messages.slice(0, i), m, ...this.messages.slice(i + 1)]; };
        snapshot = (thing) => structuredClone(thing);
      }
      class Chat extends AbstractChat { constructor(init) { super({ ...init, state: new State() }); } }
      const chat = (id, body, more = {}) => new Chat({ id, ...more, transport: new DefaultChatTransport({
        api: more.api ?? api, headers: { authorization: `Bearer ${more.token ?? token}` }, body }) });
      const text = (c) => (c.lastMessage?.parts ?? []).filter((p) => p.type === 'text').map((p) => p.text).join('');
      const seen = (c) => ({ status: c.status, error: c.error?.message, id: c.lastMessage?.id, text: text(c),
        count: c.messages.length, parts: (c.lastMessage?.parts ?? []).map((p) => p.type),
        states: (c.lastMessage?.parts ?? []).map((p) => p.state) });
      const until = async (condition) => { while (!condition()) await new Promise((r) => setTimeout(r, 20)); };
      const ask = { text: 'Why is the sky blue?' };

      let ended;
      const whole = chat('whole', { model: 'mock', seed: 7 }, { onFinish: (e) => { ended = e.finishReason; } });
      await whole.sendMessage(ask);
      print('whole', { ...seen(whole), ended });
      const again = chat('whole', {});
      await again.resumeStream();
      print('again', seen(again));
      const elsewhere = chat('whole', {}, { api: others });
      await elsewhere.resumeStream();
      print('elsewhere', seen(elsewhere));
      const bobs = chat('whole', {}, { token: process.argv[5] });
      await bobs.resumeStream();
      print('bobs', seen(bobs));

      const long = chat('long', { model: 'mock', max_tokens: 20000 });
      const sending = long.sendMessage(ask);
      await until(() => text(long).length > 200);
      const late = chat('long', {});
      const reading = late.resumeStream();
      await until(() => text(late).length > 200);
      await fetch(`${api}/long/stop`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
      await Promise.all([sending, reading]);
      print('long', seen(long));
      print('late', seen(late));

      const thinking = chat('thinking', { model: 'thinking' });
      await thinking.sendMessage(ask);
      print('thinking', seen(thinking));
      const tool = chat('tool', { model: 'tools' }, {
        onToolCall: ({ toolCall }) => { tool.addToolOutput({ tool: 'look', toolCallId: toolCall.toolCallId, output: { seen: toolCall.input.at } }); },
        sendAutomaticallyWhen: ({ messages }) => messages.at(-1).parts.at(-1)?.state === 'output-available' });
      await tool.sendMessage(ask);
      await until(() => tool.status === 'ready' && text(tool) !== '');
      print('tool', seen(tool));
      const broken = chat('broken', { model: 'broken' });
      await broken.sendMessage(ask);
      print('broken', seen(broken));
      const unknown = chat('unknown', { model: 'gpt-none' });
      await unknown.sendMessage(ask);
      print('unknown', seen(unknown));
      const edited = chat('edited', { model: 'mock', max_tokens: 5 });
      await edited.sendMessage(ask);
      const first = edited.lastMessage.id;
      await edited.regenerate();
      print('edited', { ...seen(edited), changed: first !== edited.lastMessage.id });
      """;

  private static FakeUpstream server;
  private static ApplicationContext aiStreams;
  private static ExtraGateway gateway;
  private static URI others;

  @BeforeAll
  static void start(InProcessPlatform platform) {
    server = new FakeUpstream();
    int port = FreePort.choose();
    Map<String, Object> settings = new HashMap<>(Map.of("tailwater.ai.tokens-per-second", 2_000));
    for (String model : List.of("thinking", "broken", "tools", "endless")) {
      settings.put("tailwater.ai.models." + model + ".url", server.base().toString());
    }
    aiStreams = platform.aiStreams(port, settings);
    gateway = platform.gateway(Map.of("tailwater.edge.ai-streams", List.of("127.0.0.1:" + port)));
    gateway.ready();
    others = platform.gateways().getFirst();
    server.on(
        "thinking",
        (connection, attempt) -> {
          connection.stream();
          connection.delta("{\"reasoning_content\":\"hm\"}");
          connection.text("Because.");
          connection.finish("stop", 3, 4);
        });
    server.on(
        "broken",
        (connection, attempt) -> {
          connection.stream();
          connection.text("half an ans");
        });
    server.on(
        "endless",
        (connection, attempt) -> {
          connection.stream();
          connection.text("on and on");
          connection.stall();
        });
    server.on(
        "tools",
        (connection, attempt) -> {
          connection.stream();
          if (attempt == 0) {
            connection.delta(
                "{\"tool_calls\":[{\"index\":0,\"id\":\"call_1\",\"type\":\"function\","
                    + "\"function\":{\"name\":\"look\",\"arguments\":\"{\\\"at\\\":\"}}]}");
            connection.delta(
                "{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"\\\"up\\\"}\"}}]}");
            connection.finish("tool_calls", 3, 4);
          } else {
            connection.text("It is blue.");
            connection.finish("stop", 5, 4);
          }
        });
  }

  @AfterAll
  static void stop() {
    gateway.close();
    aiStreams.close();
    server.close();
  }

  @Test
  void chatsOfTheSdk() throws Exception {
    Map<String, JsonNode> results = run();
    JsonNode whole = result(results, "whole");
    assertThat(whole.path("text").asText()).contains("Why is the sky blue?");
    assertThat(whole.path("status").asText()).isEqualTo("ready");
    assertThat(whole.path("ended").asText()).isEqualTo("stop");
    assertThat(texts(whole.path("parts"))).containsExactly("step-start", "text");
    assertThat(whole.path("states").get(1).asText()).isEqualTo("done");
    for (String name : List.of("again", "elsewhere")) {
      assertThat(result(results, name).path("text")).as(name).isEqualTo(whole.path("text"));
      assertThat(result(results, name).path("id")).isEqualTo(whole.path("id"));
    }
    assertThat(result(results, "bobs").path("count").asInt()).isZero();
    JsonNode stopped = result(results, "long");
    assertThat(stopped.path("text").asText().length()).isGreaterThan(200);
    assertThat(stopped.path("status").asText()).isEqualTo("ready");
    assertThat(result(results, "late").path("text")).isEqualTo(stopped.path("text"));
    assertThat(result(results, "late").path("id")).isEqualTo(stopped.path("id"));
    assertThat(texts(result(results, "thinking").path("parts")))
        .containsExactly("step-start", "reasoning", "text");
    JsonNode tool = result(results, "tool");
    assertThat(texts(tool.path("parts")))
        .containsExactly("step-start", "tool-look", "step-start", "text");
    assertThat(tool.path("text").asText()).isEqualTo("It is blue.");
    assertThat(tool.path("count").asInt()).as("the same message goes on").isEqualTo(2);
    assertThat(server.requests())
        .anySatisfy(
            request ->
                assertThat(request.body())
                    .contains("\"role\":\"tool\"", "\"tool_call_id\":\"call_1\"", "seen"));
    JsonNode broken = result(results, "broken");
    assertThat(broken.path("text").asText()).isEqualTo("half an ans");
    assertThat(broken.path("status").asText()).isEqualTo("error");
    assertThat(broken.path("error").asText()).isNotEmpty();
    assertThat(result(results, "unknown").path("error").asText())
        .startsWith("'gpt-none' is not a model here");
    assertThat(result(results, "edited").path("changed").asBoolean()).isTrue();
    assertThat(result(results, "edited").path("count").asInt()).isEqualTo(2);
  }

  @Test
  void aStreamHasTheSdksChunksAndNothingElse() {
    Answer answer = post(body("chunks", "m1", "mock", ",\"max_tokens\":3"), ALICE);
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.headers().firstValue("x-vercel-ai-ui-message-stream")).hasValue("v1");
    assertThat(answer.contentType()).isEqualTo("text/event-stream");
    String id = answer.headers().firstValue("x-tailwater-stream").orElseThrow();
    List<String> lines = answer.body().lines().filter(line -> !line.isEmpty()).toList();
    assertThat(lines).allMatch(line -> line.startsWith("data: "));
    assertThat(lines.getFirst())
        .isEqualTo("data: {\"type\":\"start\",\"messageId\":\"" + id + "\"}");
    assertThat(lines.get(1)).isEqualTo("data: {\"type\":\"start-step\"}");
    assertThat(lines.get(2)).isEqualTo("data: {\"type\":\"text-start\",\"id\":\"0\"}");
    assertThat(lines)
        .endsWith(
            "data: {\"type\":\"text-end\",\"id\":\"0\"}",
            "data: {\"type\":\"finish-step\"}",
            "data: {\"type\":\"finish\",\"finishReason\":\"length\"}",
            "data: [DONE]");
    assertThat(get("chunks/stream", ALICE).body()).isEqualTo(answer.body());
  }

  @Test
  void aRepeatedRequestJoinsAndAnotherOneReplaces() {
    String first = stream(post(body("joins", "m1", "mock", ",\"max_tokens\":3"), ALICE));
    assertThat(stream(post(body("joins", "m1", "mock", ",\"max_tokens\":3"), ALICE)))
        .isEqualTo(first);
    String second = stream(post(body("joins", "m2", "mock", ",\"max_tokens\":3"), ALICE));
    assertThat(second).isNotEqualTo(first);
    assertThat(stream(get("joins/stream", ALICE))).isEqualTo(second);
    assertThat(stream(post(body("joins", "m1", "mock", ",\"max_tokens\":3"), BOB)))
        .isNotEqualTo(first);
  }

  @Test
  void withoutAnAnswerThereIsNothingToResumeOrToStop() {
    assertThat(get("nothing/stream", ALICE).status()).isEqualTo(204);
    assertThat(post("nothing/stop", "", ALICE).status()).isEqualTo(204);
  }

  @Test
  void errorsAreTextForPeople() {
    for (String[] bad :
        new String[][] {
          {"", "must be a JSON object"},
          {"{\"messages\":[]}", "'id' is the id of the chat"},
          {"{\"id\":\"c\",\"messages\":[]}", "'messages' is a list of at least one message"},
          {"{\"id\":\"c\",\"messages\":[7]}", "'messages[0]' is an object"},
          {"{\"id\":\"c\",\"messages\":[{\"role\":\"user\"}]}", "'messages[0].parts' is a list"},
          {"{\"id\":\"c\",\"messages\":[{\"role\":\"x\",\"parts\":[]}]}", "'messages[0].role'"},
          {"{\"id\":\"c\",\"trigger\":\"x\",\"messages\":[{}]}", "'trigger' is"},
        }) {
      Answer answer = post(bad[0], ALICE);
      assertThat(answer.status()).as(bad[0] + ": " + answer.body()).isEqualTo(400);
      assertThat(answer.contentType()).startsWith("text/plain");
      assertThat(answer.body()).contains(bad[1]).doesNotContain("{\"");
    }
    Answer stranger = post(body("c", "m", "mock", ""), Tokens.token("eve", List.of(), List.of()));
    assertThat(stranger.status()).isEqualTo(403);
    assertThat(stranger.contentType()).startsWith("text/plain");
  }

  @Test
  void aPageThatIsGoneLeavesItsAnswerRunning() throws Exception {
    String body = body("gone", "m1", "endless", "");
    String first = leave(body);
    await().atMost(LIMIT).until(() -> server.asked("endless") > 0);
    assertThat(leave(body)).isEqualTo(first);
    assertThat(post("gone/stop", "", ALICE).status()).isEqualTo(204);
    assertThat(get("gone/stream", ALICE).body())
        .contains("\"delta\":\"on and on\"")
        .endsWith("data: {\"type\":\"abort\"}\n\ndata: [DONE]\n\n");
    await("the model's server is left").atMost(LIMIT).until(() -> server.open() == 0);
  }

  private static String body(String chat, String message, String model, String more) {
    return "{\"id\":\"%s\",\"trigger\":\"submit-message\",\"messages\":[{\"id\":\"%s\",\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"text\":\"x\"}]}],\"model\":\"%s\"%s}"
        .formatted(chat, message, model, more);
  }

  private static String stream(Answer answer) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return answer.headers().firstValue("x-tailwater-stream").orElseThrow();
  }

  private static Answer post(String body, String token) {
    return post("", body, token);
  }

  private static Answer post(String path, String body, String token) {
    return Http.send(
        request(path, token)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body)));
  }

  /** Begins to read an answer, and goes away. Returns the id of its stream. */
  private static String leave(String body) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    try {
      HttpResponse<InputStream> response =
          http.send(
              request("", ALICE)
                  .header("Content-Type", "application/json")
                  .POST(BodyPublishers.ofString(body))
                  .build(),
              BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      return response.headers().firstValue("x-tailwater-stream").orElseThrow();
    } finally {
      http.shutdownNow();
    }
  }

  private static Answer get(String path, String token) {
    return Http.send(request(path, token));
  }

  private static HttpRequest.Builder request(String path, String token) {
    return HttpRequest.newBuilder(
            gateway.address().resolve(UI + (path.isEmpty() ? "" : "/" + path)))
        .header("Authorization", "Bearer " + token);
  }

  private Map<String, JsonNode> run() throws Exception {
    List<String> command = new ArrayList<>(Tools.node("ai-sdk", CHATS));
    command.add(gateway.address().resolve(UI).toString());
    command.add(ALICE);
    command.add(others.resolve(UI).toString());
    command.add(BOB);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Map<String, JsonNode> values = new HashMap<>();
    for (String line : process.inputReader().lines().toList()) {
      JsonNode result = Json.read(line);
      values.put(result.path("name").asText(), result.path("value"));
    }
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(values.toString()).isZero();
    return values;
  }

  private static JsonNode result(Map<String, JsonNode> results, String name) {
    assertThat(results).containsKey(name);
    return Objects.requireNonNull(results.get(name));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
