package io.tailwater.system.ai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Block;
import io.tailwater.system.clients.StreamPeek;
import io.tailwater.system.platform.ExtraGateway;
import io.tailwater.system.platform.GatewayProcess;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Tokens;
import java.io.BufferedReader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A gateway that dies in the middle of answers, and what becomes of those who read them. */
@Tag("long")
@OnPlatforms
final class KilledGatewayIT {
  private static final String TOKEN = Tokens.token("alice", List.of("ai:*"), List.of("ai:*"));

  /** Prints that all three have read something, and later what each has in the end. */
  private static final String CLIENTS =
      """
      import OpenAI from 'openai';
      import { AbstractChat, DefaultChatTransport } from 'ai';
      const [doomed, other, token] = process.argv.slice(2);
      const print = (name, value) => console.log(JSON.stringify({ name, value }));
      const question = 'Why is the sky blue?';
      const settings = { model: 'mock', seed: 7, max_tokens: 1000 };
      const reading = new Set();
      const reads = (who, text) => {
        if (text.length < 50 || reading.has(who)) return;
        reading.add(who);
        if (reading.size === 3) print('reading', true);
      };

      async function openai() {
        const client = (base) => new OpenAI({ baseURL: `${base}/v1`, apiKey: token, maxRetries: 0 });
        let id;
        let begun = '';
        let complete = false;
        let error = '';
        try {
          for await (const chunk of await client(doomed).chat.completions.create({ ...settings, stream: true,
            messages: [{ role: 'user', content: question }] })) {
            id = chunk.id;
            begun += chunk.choices[0]?.delta.content ?? '';
            complete ||= Boolean(chunk.choices[0]?.finish_reason);
            reads('openai', begun);
          }
        } catch (e) { error = e.message; }
        let text = '';
        const reasons = [];
        for await (const chunk of await client(other).get(`/ai/streams/${id}/chat-completion`, { stream: true })) {
          text += chunk.choices[0]?.delta.content ?? '';
          if (chunk.choices[0]?.finish_reason) reasons.push(chunk.choices[0].finish_reason);
        }
        print('openai', { id: id.replace('chatcmpl-', ''), complete, error, begun, text, ends: reasons });
      }

      class State {
        status = 'ready'; error = undefined; messages = [];
        pushMessage = (m) => { this.messages = [...this.messages, m]; };
        popMessage = () => { this.messages = this.messages.slice(0, -1); };
        replaceMessage = (i, m) => { this.messages = [...this.messages.slice(0, i), m, ...this.messages.slice(i + 1)]; };
        snapshot = (thing) => structuredClone(thing);
      }
      class Chat extends AbstractChat { constructor(init) { super({ ...init, state: new State() }); } }
      async function sdk() {
        const ends = [];
        const chat = (base, onFinish) => new Chat({ id: 'killed', onFinish, transport: new DefaultChatTransport({
          api: `${base}/v1/ai/ui`, headers: { authorization: `Bearer ${token}` }, body: settings }) });
        const text = (c) => (c.lastMessage?.parts ?? []).filter((p) => p.type === 'text').map((p) => p.text).join('');
        let complete = false;
        const first = chat(doomed, (e) => { complete = Boolean(e.finishReason); });
        const sending = first.sendMessage({ text: question });
        while (text(first).length < 50) await new Promise((r) => setTimeout(r, 20));
        reads('sdk', text(first));
        await sending;
        const error = first.status === 'error' ? first.error.message : '';
        const page = chat(other, (e) => ends.push(e.finishReason));
        await page.resumeStream();
        print('sdk', { id: page.lastMessage.id, complete, error, begun: text(first), text: text(page), ends });
      }

      async function plain() {
        let text = '';
        let last;
        let location;
        const ends = [];
        async function read(response) {
          let rest = '';
          for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
            rest += piece;
            const blocks = rest.split('\\n\\n');
            rest = blocks.pop();
            for (const block of blocks) {
              const field = (name) => block.split('\\n').find((l) => l.startsWith(`${name}: `))?.slice(name.length + 2);
              last = field('id') ?? last;
              if (field('event') === 'delta') text += JSON.parse(field('data')).text;
              if (field('event') === 'finish') ends.push(JSON.parse(field('data')).finish_reason);
            }
            reads('plain', text);
          }
        }
        const headers = { Authorization: `Bearer ${token}`, Accept: 'text/event-stream', 'Content-Type': 'application/json' };
        const response = await fetch(`${doomed}/v1/ai/streams`, { method: 'POST', headers,
          body: JSON.stringify({ ...settings, prompt: question }) });
        location = response.headers.get('content-location');
        try { await read(response); } catch {}
        const complete = ends.length > 0;
        const begun = text;
        await read(await fetch(other + location, { headers: { Accept: 'text/event-stream', 'Last-Event-ID': last } }));
        print('plain', { id: /ai(?::|%3A)(\\w+)/.exec(location)[1], complete, begun, text, ends });
      }
      await Promise.all([openai(), sdk(), plain()]);
      """;

  @Test
  void everyTextIsWholeAndEndsOnce(InProcessPlatform platform) throws Exception {
    int port = FreePort.choose();
    String aiStreams = "127.0.0.1:" + port;
    try (ApplicationContext service =
            platform.aiStreams(port, Map.of("tailwater.ai.tokens-per-second", 30));
        ExtraGateway other =
            platform.gateway(Map.of("tailwater.edge.ai-streams", List.of(aiStreams)));
        GatewayProcess doomed =
            new GatewayProcess(
                platform,
                FreePort.choose(),
                "edge-gateway-doomed",
                "-Dtailwater.edge.ai-streams=" + aiStreams)) {
      assertThat(service.isRunning()).isTrue();
      other.ready();
      Map<String, JsonNode> results = run(doomed, other);
      for (String client : List.of("openai", "sdk", "plain")) {
        assertThat(results).containsKey(client);
        JsonNode result = Objects.requireNonNull(results.get(client));
        String text = logged(other, result.path("id").asText());
        assertThat(result.path("complete").asBoolean())
            .as(client + " knows that there is more: " + result)
            .isFalse();
        if (!client.equals("plain")) {
          assertThat(result.path("error").asText()).as(client + " sees an error").isNotEmpty();
        }
        assertThat(result.path("begun").asText().length()).isBetween(50, text.length() - 1);
        assertThat(text).startsWith(result.path("begun").asText());
        assertThat(result.path("text").asText()).as(client).isEqualTo(text);
        assertThat(result.path("ends")).as(client).hasSize(1);
        assertThat(result.path("ends").get(0).asText()).isEqualTo("length");
      }
    }
  }

  private static Map<String, JsonNode> run(GatewayProcess doomed, ExtraGateway other)
      throws Exception {
    List<String> command = new ArrayList<>(Tools.node("killed-gateway", CLIENTS));
    command.add(doomed.address().toString());
    command.add("http://127.0.0.1:" + other.address().getPort());
    command.add(TOKEN);
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    Map<String, JsonNode> results = new HashMap<>();
    try (BufferedReader lines = process.inputReader()) {
      String line;
      while ((line = lines.readLine()) != null) {
        JsonNode result = Json.read(line);
        results.put(result.path("name").asText(), result.path("value"));
        if (result.path("name").asText().equals("reading")) {
          doomed.signal("KILL");
        }
      }
    }
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(results.toString()).isZero();
    return results;
  }

  /** The text of an answer in the log, which has one end. */
  private static String logged(ExtraGateway gateway, String id) throws Exception {
    try (StreamPeek stream =
        StreamPeek.open(
            gateway.address(),
            "/v1/events?channel=ai:" + id + "&from=earliest&access_token=" + TOKEN,
            Map.of("Accept", "text/event-stream"))) {
      List<Block> events =
          stream.untilEnd().stream().filter(block -> !block.type().startsWith("tw.")).toList();
      assertThat(events).filteredOn(block -> block.type().equals("finish")).hasSize(1);
      assertThat(events.getLast().type()).isEqualTo("finish");
      StringBuilder text = new StringBuilder();
      for (Block event : events) {
        if (event.type().equals("delta")) {
          text.append(Json.read(Objects.requireNonNull(event.data())).path("text").asText());
        }
      }
      return text.toString();
    }
  }
}
