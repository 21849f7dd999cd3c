package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.OpenAIException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import io.micronaut.context.ApplicationContext;
import io.tailwater.ai.upstream.FakeUpstream;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Http;
import io.tailwater.system.clients.Http.Answer;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import io.tailwater.system.platform.Tokens;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients of OpenAI's protocol, unmodified, against mocks and against a server of models. */
@OnPlatforms
@SuppressWarnings("NullAway.Init")
final class OpenAiClientsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String TOKEN = Tokens.token("alice", List.of(), List.of("ai:*"));
  private static final int MAX_BODY_BYTES = 8 << 20;
  private static final String COMPLETIONS = "/v1/chat/completions";

  /** Each line that it prints is one result. */
  private static final String OPENAI =
      """
      import OpenAI from 'openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
      const messages = [{ role: 'user', content: 'Why is the sky blue?' }];
      const print = (name, value) => console.log(JSON.stringify({ name, value }));
      const failure = async (name, promise) => {
        try { await promise; print(name, 'no error'); } catch (e) {
          print(name, { type: e.constructor.name, status: e.status, code: e.code, param: e.param });
        }
      };
      async function streamed(name, request) {
        const chunks = [];
        let error;
        try {
          for await (const chunk of await client.chat.completions.create({ ...request, stream: true })) chunks.push(chunk);
        } catch (e) { error = { type: e.constructor.name, code: e.code }; }
        const deltas = chunks.map((c) => c.choices[0]?.delta ?? {});
        print(name, {
          ids: [...new Set(chunks.map((c) => c.id))].length, role: deltas[0]?.role,
          text: deltas.map((d) => d.content ?? '').join(''),
          reasoning: deltas.map((d) => d.reasoning_content ?? '').join(''),
          calls: deltas.flatMap((d) => d.tool_calls ?? []),
          reasons: chunks.map((c) => c.choices[0]?.finish_reason).filter((r) => r),
          usage: chunks.map((c) => c.usage).filter((u) => u), error,
        });
      }
      const tools = [{ type: 'function', function: { name: 'look', parameters: {
        type: 'object', properties: { at: { type: 'string' }, deep: { type: 'boolean' } }, required: ['at', 'deep'] } } }];
      const schema = { type: 'object', properties: { answer: { type: 'string' }, n: { type: 'integer' } },
        required: ['answer', 'n'], additionalProperties: false };

      const models = [];
      for await (const model of client.models.list()) models.push(model.id);
      print('models', models);
      print('model', (await client.models.retrieve('mock')).id);
      await failure('no such model', client.models.retrieve('gpt-none'));
      const whole = await client.chat.completions.create({ model: 'mock', messages, seed: 7 });
      print('whole', { id: whole.id, object: whole.object, text: whole.choices[0].message.content,
        reason: whole.choices[0].finish_reason, usage: whole.usage });
      await streamed('stream', { model: 'mock', messages, seed: 7 });
      await streamed('usage', { model: 'mock', messages, max_tokens: 12, stream_options: { include_usage: true } });
      await streamed('tools', { model: 'mock', messages, tools, tool_choice: 'required' });
      const called = await client.chat.completions.create({ model: 'mock', messages, tools,
        tool_choice: { type: 'function', function: { name: 'look' } } });
      print('called', { calls: called.choices[0].message.tool_calls, content: called.choices[0].message.content,
        reason: called.choices[0].finish_reason });
      const parsed = await client.chat.completions.parse({ model: 'mock', messages,
        response_format: { type: 'json_schema', json_schema: { name: 'a', strict: true, schema } } });
      print('structured', JSON.parse(parsed.choices[0].message.content));
      await streamed('thinking', { model: 'thinking', messages });
      await streamed('broken', { model: 'broken', messages });
      await failure('failed', client.chat.completions.create({ model: 'broken', messages }));
      await failure('limited', client.chat.completions.create({ model: 'limited', messages }));
      await failure('too long', client.chat.completions.create({ model: 'long', messages }));
      await failure('unknown model', client.chat.completions.create({ model: 'gpt-none', messages }));
      await failure('two choices', client.chat.completions.create({ model: 'mock', messages, n: 2 }));
      await failure('stop', client.chat.completions.create({ model: 'mock', messages, stop: 'x' }));
      await failure('no messages', client.chat.completions.create({ model: 'mock', messages: [] }));
      await failure('responses', client.responses.create({ model: 'mock', input: 'x' }));
      await failure('embeddings', client.embeddings.create({ model: 'mock', input: 'x' }));
      await failure('key', new OpenAI({ baseURL, apiKey: 'sk-wrong', maxRetries: 0 }).models.list());
      await failure('anonymous', new OpenAI({ baseURL, apiKey: 'anonymous', maxRetries: 0 }).models.list());
      """;

  private static final String ABORT =
      """
      import OpenAI from 'openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
      const stream = await client.chat.completions.create({ model: 'endless', stream: true,
        messages: [{ role: 'user', content: 'x' }] });
      for await (const chunk of stream) if (chunk.choices[0]?.delta.content) break;
      stream.controller.abort();
      console.log('{"name":"aborted","value":true}');
      """;

  /** Prints that it reads, and how the answer ends. */
  private static final String CUT =
      """
      import OpenAI from 'openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
      try {
        for await (const chunk of await client.chat.completions.create({ model: 'endless', stream: true,
          messages: [{ role: 'user', content: 'x' }] })) if (chunk.choices[0]?.delta.content) console.log('reading');
        console.log('complete');
      } catch (e) { console.log(String(e)); }
      """;

  private static final String BODY =
      "{\"model\":\"%s\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";

  private static final String SILENT =
      """
      import OpenAI from 'openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
      let text = '';
      for await (const chunk of await client.chat.completions.create({ model: 'silent', stream: true,
        messages: [{ role: 'user', content: 'x' }] })) text += chunk.choices[0]?.delta.content ?? '';
      console.log(JSON.stringify({ name: 'text', value: text }));
      """;

  /** The response to the first attempt of each request is lost. */
  private static final String RETRY =
      """
      import OpenAI from 'openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      async function asked(name, options) {
        const ids = [];
        const client = new OpenAI({ baseURL, apiKey, maxRetries: 2, fetch: async (url, init) => {
          const response = await fetch(url, init);
          ids.push(response.headers.get('x-tailwater-stream'));
          if (ids.length > 1) return response;
          await response.body.cancel();
          throw new TypeError('the connection is lost');
        } });
        let text = '';
        for await (const chunk of await client.chat.completions.create({ model: 'mock', stream: true, max_tokens: 400,
          messages: [{ role: 'user', content: name }] }, options)) text += chunk.choices[0]?.delta.content ?? '';
        console.log(JSON.stringify({ name, value: { ids, length: text.length } }));
      }
      await asked('without a key', {});
      await asked('with a key', { idempotencyKey: crypto.randomUUID() });
      """;

  private static final String LANGCHAIN =
      """
      import { ChatOpenAI } from '@langchain/openai';
      const [baseURL, apiKey] = process.argv.slice(2);
      const print = (name, value) => console.log(JSON.stringify({ name, value }));
      const model = new ChatOpenAI({ model: 'mock', apiKey, maxRetries: 0, configuration: { baseURL }, modelKwargs: { seed: 7 } });
      const answer = await model.invoke('Why is the sky blue?');
      print('invoke', { text: answer.content, usage: answer.usage_metadata });
      let text = '';
      for await (const chunk of await model.stream('Why is the sky blue?')) text += chunk.content;
      print('stream', text);
      const schema = { title: 'a', type: 'object', properties: { answer: { type: 'string' } },
        required: ['answer'], additionalProperties: false };
      print('structured', await model.withStructuredOutput(schema, { method: 'jsonSchema' }).invoke('x'));
      const tool = { type: 'function', function: { name: 'look', parameters: schema } };
      print('tools', (await model.bindTools([tool], { tool_choice: 'look' }).invoke('x')).tool_calls);
      """;

  private final InProcessPlatform platform;
  private final FakeUpstream server = new FakeUpstream();
  private ApplicationContext aiStreams;
  private int aiStreamsPort;
  private ExtraGateway gateway;

  OpenAiClientsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @BeforeEach
  void start() {
    int port = FreePort.choose();
    Map<String, Object> settings =
        new HashMap<>(
            Map.of(
                "tailwater.ai.tokens-per-second",
                2_000,
                "tailwater.ai.lease.unwatched-after",
                "30s"));
    for (String model : List.of("thinking", "broken", "limited", "long", "endless", "silent")) {
      settings.put("tailwater.ai.models." + model + ".url", server.base().toString());
    }
    aiStreams = platform.aiStreams(port, settings);
    aiStreamsPort = port;
    gateway =
        platform.gateway(
            Map.of(
                "tailwater.edge.ai-streams",
                List.of("127.0.0.1:" + port),
                "tailwater.edge.heartbeat",
                "1s"));
    gateway.ready();
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
        "limited", (connection, attempt) -> connection.status(429, "Retry-After: 60\r\n", "{}"));
    server.on(
        "long",
        (connection, attempt) ->
            connection.status(
                400, "", "{\"error\":{\"message\":\"m\",\"code\":\"context_length_exceeded\"}}"));
    server.on(
        "endless",
        (connection, attempt) -> {
          connection.stream();
          connection.text("on and on");
          connection.stall();
        });
  }

  @AfterEach
  void stop() {
    gateway.close();
    aiStreams.close();
    server.close();
  }

  @Test
  void openaiOfNpm() throws Exception {
    Results results = run("openai", OPENAI);
    assertThat(texts(results.get("models"))).contains("broken", "mock", "mock-stress");
    assertThat(results.get("model").asText()).isEqualTo("mock");
    failed(results, "no such model", "NotFoundError", 404, "model_not_found", "model");
    JsonNode whole = results.get("whole");
    assertThat(whole.path("id").asText()).startsWith("chatcmpl-");
    assertThat(whole.path("object").asText()).isEqualTo("chat.completion");
    assertThat(whole.path("text").asText()).contains("Why is the sky blue?");
    assertThat(whole.path("reason").asText()).isEqualTo("stop");
    assertThat(whole.path("usage").path("completion_tokens").asInt()).isEqualTo(300);
    JsonNode stream = results.get("stream");
    assertThat(stream.path("text")).isEqualTo(whole.path("text"));
    assertThat(stream.path("role").asText()).isEqualTo("assistant");
    assertThat(stream.path("ids").asInt()).isEqualTo(1);
    assertThat(stream.path("usage")).isEmpty();
    assertThat(texts(stream.path("reasons"))).containsExactly("stop");
    JsonNode usage = results.get("usage");
    assertThat(texts(usage.path("reasons"))).containsExactly("length");
    assertThat(usage.path("usage")).hasSize(1);
    assertThat(usage.path("usage").get(0).path("completion_tokens").asInt()).isEqualTo(12);
    JsonNode calls = results.get("tools").path("calls");
    assertThat(calls.get(0).path("function").path("name").asText()).isEqualTo("look");
    StringBuilder arguments = new StringBuilder();
    calls.forEach(call -> arguments.append(call.path("function").path("arguments").asText()));
    assertThat(arguments).hasToString("{\"at\":\"\",\"deep\":false}");
    assertThat(texts(results.get("tools").path("reasons"))).containsExactly("tool_calls");
    JsonNode called = results.get("called");
    assertThat(called.path("content").isNull()).isTrue();
    assertThat(called.path("calls").get(0).path("function").path("arguments").asText())
        .isEqualTo("{\"at\":\"\",\"deep\":false}");
    assertThat(results.get("structured").toString()).isEqualTo("{\"answer\":\"\",\"n\":0}");
    assertThat(results.get("thinking").path("reasoning").asText()).isEqualTo("hm");
    assertThat(results.get("thinking").path("text").asText()).isEqualTo("Because.");
    assertThat(results.get("broken").path("text").asText()).isEqualTo("half an ans");
    assertThat(results.get("broken").path("error").path("code").asText()).isEqualTo("model_failed");
    failed(results, "failed", "InternalServerError", 502, "model_failed", null);
    failed(results, "limited", "RateLimitError", 429, "rate_limit_exceeded", null);
    failed(results, "too long", "BadRequestError", 400, "context_length_exceeded", "messages");
    failed(results, "unknown model", "NotFoundError", 404, "model_not_found", "model");
    failed(results, "two choices", "BadRequestError", 400, "unsupported_value", "n");
    failed(results, "stop", "BadRequestError", 400, "unsupported_value", "stop");
    failed(results, "no messages", "BadRequestError", 400, "invalid_value", "messages");
    failed(results, "responses", "NotFoundError", 404, "unknown_url", null);
    failed(results, "embeddings", "NotFoundError", 404, "unknown_url", null);
    failed(results, "key", "AuthenticationError", 401, "invalid_api_key", null);
    failed(results, "anonymous", "AuthenticationError", 401, "invalid_api_key", null);
  }

  @Test
  void abortingStopsTheModel() throws Exception {
    assertThat(run("openai-abort", ABORT).get("aborted").asBoolean()).isTrue();
    assertThat(server.asked("endless")).isEqualTo(1);
    await("the request to the model's server ends").atMost(LIMIT).until(() -> server.open() == 0);
  }

  @Test
  void aRetryOfTheSdkItselfReadsTheSameAnswer() throws Exception {
    Results results = run("openai-retry", RETRY);
    for (String name : List.of("without a key", "with a key")) {
      List<String> ids = texts(results.get(name).path("ids"));
      assertThat(ids).as(name).hasSize(2);
      assertThat(ids.getLast()).as(name).isEqualTo(ids.getFirst());
      assertThat(results.get(name).path("length").asInt()).as(name).isGreaterThan(400);
    }
  }

  @Test
  void silenceInTheMiddleIsBridgedByHeartbeats() throws Exception {
    CountDownLatch goOn = new CountDownLatch(1);
    server.on(
        "silent",
        (connection, attempt) -> {
          connection.stream();
          connection.text("before, ");
          try {
            assertThat(goOn.await(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          connection.text("after");
          connection.finish("stop", 1, 1);
        });
    try (StreamReading beside =
        read(
            "{\"model\":\"silent\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"y\"}]}",
            Map.of())) {
      Process client = process("openai-silent", SILENT);
      await().atMost(LIMIT).until(() -> server.asked("silent") == 2);
      await("heartbeats come").atMost(LIMIT).until(() -> beside.heartbeats() >= 3);
      goOn.countDown();
      assertThat(results(client).get("text").asText()).isEqualTo("before, after");
    }
  }

  @Test
  @Tag("long")
  void twentySecondsOfSilenceAreBridgedByTheHeartbeatsOfAnyGateway() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    server.on(
        "silent",
        (connection, attempt) -> {
          connection.stream();
          connection.text("before, ");
          try {
            assertThat(never.await(20, TimeUnit.SECONDS)).isFalse();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          connection.text("after");
          connection.finish("stop", 1, 1);
        });
    long began = System.nanoTime();
    try (ExtraGateway usual =
        platform.gateway(
            Map.of("tailwater.edge.ai-streams", List.of("127.0.0.1:" + aiStreamsPort)))) {
      usual.ready();
      assertThat(results(process(usual.address(), "openai-silent", SILENT)).get("text").asText())
          .isEqualTo("before, after");
    }
    assertThat(Duration.ofNanos(System.nanoTime() - began)).isGreaterThan(Duration.ofSeconds(20));
    assertThat(server.asked("silent")).as("the SDK did not ask again").isEqualTo(1);
  }

  @Test
  void langChain() throws Exception {
    Results results = run("langchain", LANGCHAIN);
    JsonNode invoked = results.get("invoke");
    assertThat(invoked.path("text").asText()).contains("Why is the sky blue?");
    assertThat(invoked.path("usage").path("output_tokens").asInt()).isEqualTo(300);
    assertThat(results.get("stream").asText()).isEqualTo(invoked.path("text").asText());
    assertThat(results.get("structured").toString()).isEqualTo("{\"answer\":\"\"}");
    assertThat(results.get("tools").get(0).path("name").asText()).isEqualTo("look");
  }

  @Test
  void openaiOfMaven() {
    OpenAIClient client = openai(TOKEN);
    try {
      ChatCompletionCreateParams request =
          ChatCompletionCreateParams.builder()
              .model("mock")
              .addUserMessage("Why is the sky blue?")
              .seed(7)
              .build();
      ChatCompletion whole = client.chat().completions().create(request);
      String text = whole.choices().getFirst().message().content().orElseThrow();
      assertThat(text).contains("Why is the sky blue?");
      assertThat(whole.usage().orElseThrow().completionTokens()).isEqualTo(300);
      StringBuilder streamed = new StringBuilder();
      List<Long> usage = new ArrayList<>();
      try (StreamResponse<ChatCompletionChunk> chunks =
          client
              .chat()
              .completions()
              .createStreaming(
                  request.toBuilder()
                      .streamOptions(
                          ChatCompletionStreamOptions.builder().includeUsage(true).build())
                      .build())) {
        chunks.stream()
            .forEach(
                chunk -> {
                  chunk.choices().forEach(c -> c.delta().content().ifPresent(streamed::append));
                  chunk.usage().ifPresent(u -> usage.add(u.completionTokens()));
                });
      }
      assertThat(streamed).hasToString(text);
      assertThat(usage).containsExactly(300L);
      assertThatThrownBy(
              () -> client.chat().completions().create(request.toBuilder().model("none").build()))
          .isInstanceOf(NotFoundException.class);
    } finally {
      client.close();
    }
    OpenAIClient stranger = openai("sk-wrong");
    try {
      assertThatThrownBy(() -> stranger.models().list()).isInstanceOf(UnauthorizedException.class);
    } finally {
      stranger.close();
    }
  }

  /** By a gateway that dies, or a network that breaks in order. */
  @Test
  void anAnswerThatIsCutOffIsAnError() throws Exception {
    try (Relay relay = new Relay(gateway.address())) {
      OpenAIClient client = openai(relay.address(), TOKEN);
      try (StreamResponse<ChatCompletionChunk> chunks =
          client
              .chat()
              .completions()
              .createStreaming(
                  ChatCompletionCreateParams.builder()
                      .model("endless")
                      .addUserMessage("x")
                      .build())) {
        StringBuilder text = new StringBuilder();
        assertThatThrownBy(
                () ->
                    chunks.stream()
                        .forEach(
                            chunk -> {
                              chunk.choices().getFirst().delta().content().ifPresent(text::append);
                              if (!text.isEmpty()) {
                                relay.drop(Cut.CLOSE);
                              }
                            }))
            .isInstanceOf(OpenAIException.class)
            .hasStackTraceContaining("IOException");
        assertThat(text).hasToString("on and on");
      } finally {
        client.close();
      }
      Process process = process(relay.address(), "openai-cut", CUT);
      BufferedReader lines = process.inputReader();
      assertThat(lines.readLine()).isEqualTo("reading");
      relay.drop(Cut.CLOSE);
      assertThat(lines.readLine()).contains("terminated");
      HttpResponse<InputStream> response =
          HttpClient.newHttpClient()
              .send(asked(relay.address(), "endless"), BodyHandlers.ofInputStream());
      assertThat(response.body().readNBytes(10)).hasSize(10);
      relay.drop(Cut.CLOSE);
      assertThatThrownBy(() -> response.body().readAllBytes()).isInstanceOf(IOException.class);
    }
  }

  @Test
  void anOldClientGetsNoChunks() throws Exception {
    byte[] body = BODY.formatted("mock").getBytes(StandardCharsets.UTF_8);
    for (String version : List.of("1.0", "1.1")) {
      try (Socket socket = new Socket("127.0.0.1", gateway.address().getPort())) {
        String head =
            "POST %s HTTP/%s\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
                .formatted(COMPLETIONS, version, TOKEN, body.length);
        socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
        socket.getOutputStream().write(body);
        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        boolean old = version.equals("1.0");
        assertThat(answer.contains("Transfer-Encoding: chunked")).isNotEqualTo(old);
        assertThat(answer).endsWith("data: [DONE]\n\n" + (old ? "" : "\r\n0\r\n\r\n"));
      }
    }
  }

  private static HttpRequest asked(URI server, String model) {
    return HttpRequest.newBuilder(server.resolve(COMPLETIONS))
        .header("Authorization", "Bearer " + TOKEN)
        .header("Content-Type", "application/json")
        .POST(BodyPublishers.ofString(BODY.formatted(model)))
        .build();
  }

  private OpenAIClient openai(String key) {
    return openai(gateway.address(), key);
  }

  private static OpenAIClient openai(URI server, String key) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(server.resolve("/v1").toString())
        .apiKey(key)
        .maxRetries(0)
        .build();
  }

  @Test
  void aRepetitionOfAnSdkJoinsTheAnswerThatWasNotReadToItsEnd() throws Exception {
    String body =
        "{\"model\":\"endless\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    String first = stream(body, Map.of());
    assertThat(stream(body, Map.of("X-Stainless-Retry-Count", "1"))).isEqualTo(first);
    assertThat(stream(body, Map.of("X-Stainless-Retry-Count", "0"))).isNotEqualTo(first);
    assertThat(stream(body.replace("\"x\"", "\"y\""), Map.of("X-Stainless-Retry-Count", "1")))
        .isNotEqualTo(first);
    String keyed = stream(body, Map.of("Idempotency-Key", "k"));
    assertThat(stream(body, Map.of("Idempotency-Key", "k"))).isEqualTo(keyed);

    String brief =
        "{\"model\":\"mock\",\"stream\":true,\"max_tokens\":5,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    String whole;
    try (StreamReading reading = read(brief, Map.of())) {
      await().atMost(LIMIT).until(() -> reading.count("data: [DONE]") == 1);
      whole = reading.id();
    }
    await()
        .atMost(LIMIT)
        .until(() -> !stream(brief, Map.of("X-Stainless-Retry-Count", "1")).equals(whole));
  }

  @Test
  void anAnswerIsReadAgainAfterAnId() throws Exception {
    String body =
        "{\"model\":\"mock\",\"stream\":true,\"max_tokens\":500,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
    String id;
    String all;
    try (StreamReading reading = read(body, Map.of())) {
      await().atMost(LIMIT).until(() -> reading.count("data: [DONE]") == 1);
      id = reading.id();
      all = reading.text();
    }
    List<String> ids =
        all.lines().filter(line -> line.startsWith("id: ")).map(line -> line.substring(4)).toList();
    String middle = ids.get((ids.size() - 1) / 2);
    String path = "/v1/ai/streams/chatcmpl-" + id + "/chat-completion";
    Answer again = get(path + "?include_usage=true", Map.of("Last-Event-ID", middle));
    assertThat(again.status()).isEqualTo(200);
    String rest = all.substring(all.indexOf(middle) + middle.length());
    assertThat(again.body().lines().filter(line -> line.startsWith("id: ")).toList())
        .isEqualTo(rest.lines().filter(line -> line.startsWith("id: ")).toList());
    assertThat(again.body()).contains("\"completion_tokens\":500").endsWith("data: [DONE]\n\n");
    Answer whole = get(path, Map.of());
    assertThat(whole.body().lines().filter(line -> line.startsWith("id: ")).toList())
        .isEqualTo(ids.stream().map("id: "::concat).toList());
    Answer state = get("/v1/ai/streams/chatcmpl-" + id, Map.of());
    assertThat(state.json().path("id").asText()).isEqualTo(id);
    Answer bobs =
        Http.send(
            HttpRequest.newBuilder(gateway.address().resolve(path))
                .header(
                    "Authorization", "Bearer " + Tokens.token("bob", List.of(), List.of("ai:*"))));
    assertThat(bobs.status()).isEqualTo(403);
    assertThat(bobs.json().path("error").path("code").asText()).isEqualTo("forbidden");
  }

  @Test
  void aPictureMayBeLongAndNoLongerThanABodyMayBe() {
    server.on(
        "endless",
        (connection, attempt) -> {
          connection.stream();
          connection.text("A cat.");
          connection.finish("stop", 3, 4);
        });
    Answer seen = post(picture(MAX_BODY_BYTES), Map.of());
    assertThat(seen.status()).as(seen.body()).isEqualTo(200);
    assertThat(seen.body()).contains("A cat.");
    assertThat(server.requests().getLast().body()).contains(picture(0).substring(40, 90));
    assertThat(server.requests().getLast().body().length()).isGreaterThan(MAX_BODY_BYTES - 100);
    Answer more = post(picture(MAX_BODY_BYTES + 1), Map.of());
    assertThat(more.status()).isEqualTo(413);
    assertThat(more.json().path("error").path("code").asText()).isEqualTo("request_too_large");
  }

  /** A body of so many bytes, or of a few more. */
  private static String picture(int bytes) {
    String head =
        "{\"model\":\"endless\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"What"
            + " is this?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,";
    String tail = "\"}}]}]}";
    return head + "A".repeat(Math.max(0, bytes - head.length() - tail.length())) + tail;
  }

  @Test
  void badBodiesAreRefusedByName() {
    for (String[] bad :
        new String[][] {
          {"", "invalid_json", ""},
          {"[]", "invalid_json", ""},
          {"{", "invalid_json", ""},
          {"{}", "invalid_value", "messages"},
          {"{\"messages\":[null]}", "invalid_value", "messages[0]"},
          {"{\"messages\":[{}]}", "invalid_value", "messages[0]"},
          {"{\"messages\":[{\"role\":\"robot\"}]}", "invalid_value", "messages"},
          {
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":7}",
            "invalid_value",
            "model"
          },
          {
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream\":\"yes\"}",
            "invalid_value",
            "stream"
          },
          {
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"stream_options\":{}}",
            "invalid_value",
            "stream_options"
          },
          {
            "{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"max_tokens\":0}",
            "invalid_value",
            "max_tokens"
          },
        }) {
      Answer answer = post(bad[0], Map.of());
      assertThat(answer.status()).as(bad[0] + ": " + answer.body()).isEqualTo(400);
      JsonNode error = answer.json().path("error");
      assertThat(error.path("code").asText()).as(answer.body()).isEqualTo(bad[1]);
      assertThat(error.path("param").asText("").replace("null", "")).isEqualTo(bad[2]);
      assertThat(answer.headers().firstValue("x-should-retry")).hasValue("false");
      assertThat(answer.headers().firstValue("x-request-id")).isPresent();
    }
  }

  private static void failed(
      Results results,
      String name,
      String type,
      int status,
      String code,
      @org.jspecify.annotations.Nullable String param) {
    JsonNode failure = results.get(name);
    assertThat(failure.path("type").asText()).as(name + ": " + failure).isEqualTo(type);
    assertThat(failure.path("status").asInt()).isEqualTo(status);
    assertThat(failure.path("code").asText()).isEqualTo(code);
    assertThat(failure.path("param").isTextual() ? failure.path("param").asText() : null)
        .isEqualTo(param);
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }

  /** The id of the stream that answers; the answer is not read to its end. */
  private String stream(String body, Map<String, String> headers) throws Exception {
    try (StreamReading reading = read(body, headers)) {
      return reading.id();
    }
  }

  private HttpRequest.Builder request(String body, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.address().resolve(COMPLETIONS))
            .header("Authorization", "Bearer " + TOKEN)
            .header("Content-Type", "application/json")
            .POST(BodyPublishers.ofString(body));
    headers.forEach(request::header);
    return request;
  }

  private Answer post(String body, Map<String, String> headers) {
    return Http.send(request(body, headers));
  }

  private Answer get(String path, Map<String, String> headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.address().resolve(path))
            .header("Authorization", "Bearer " + TOKEN);
    headers.forEach(request::header);
    return Http.send(request);
  }

  private StreamReading read(String body, Map<String, String> headers) throws Exception {
    return new StreamReading(request(body, headers).build());
  }

  private Results run(String name, String script) throws Exception {
    return results(process(name, script));
  }

  private Process process(String name, String script) throws Exception {
    return process(gateway.address(), name, script);
  }

  private static Process process(URI asked, String name, String script) throws Exception {
    List<String> command = new ArrayList<>(Tools.node(name, script));
    command.add(asked.resolve("/v1").toString());
    command.add(TOKEN);
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** The values that a program printed, by their names. */
  private static Results results(Process process) throws Exception {
    Map<String, JsonNode> values = new HashMap<>();
    for (String line : process.inputReader().lines().toList()) {
      JsonNode result = Json.read(line);
      values.put(result.path("name").asText(), result.path("value"));
    }
    assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(values.toString()).isZero();
    return new Results(values);
  }

  /** What a program printed, by names. */
  private record Results(Map<String, JsonNode> values) {
    JsonNode get(String name) {
      assertThat(values).containsKey(name);
      return java.util.Objects.requireNonNull(values.get(name));
    }
  }

  /** Reads a streamed completion on a thread of its own, until it is closed. */
  private static final class StreamReading implements AutoCloseable {
    private final HttpClient http = HttpClient.newHttpClient();
    private final HttpResponse<InputStream> response;
    private final StringBuffer text = new StringBuffer();

    StreamReading(HttpRequest request) throws Exception {
      response = http.send(request, BodyHandlers.ofInputStream());
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("Content-Type")).hasValue("text/event-stream");
      Thread.ofVirtual().name("chat-reading").start(this::read);
    }

    private void read() {
      byte[] bytes = new byte[8192];
      try {
        int count;
        while ((count = response.body().read(bytes)) > 0) {
          text.append(new String(bytes, 0, count, StandardCharsets.ISO_8859_1));
        }
      } catch (java.io.IOException closed) {
        // As it should.
      }
    }

    String id() {
      return response.headers().firstValue("x-tailwater-stream").orElseThrow();
    }

    String text() {
      return text.toString();
    }

    long heartbeats() {
      return text().lines().filter(":"::equals).count();
    }

    int count(String part) {
      return text().split(java.util.regex.Pattern.quote(part), -1).length - 1;
    }

    @Override
    public void close() {
      http.shutdownNow();
    }
  }
}
