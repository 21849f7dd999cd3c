package io.tailwater.system.foreign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.system.Tools;
import io.tailwater.system.clients.Http;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.InProcessPlatform;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.OnPlatforms;
import io.tailwater.system.platform.Relay;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Clients of others, unmodified, in programs as their users write them: each is cut, and goes on
 * from its position with nothing lost.
 */
@OnPlatforms
final class ForeignClientsIT {
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final String DEBIANS_PYTHON = "/usr/bin/python3";

  private static final String EVENT_SOURCE =
      """
      import { EventSource } from 'eventsource';
      const source = new EventSource(process.argv[2]);
      source.addEventListener('message', (event) => console.log(event.data));
      for (const type of ['tw.open', 'tw.live', 'tw.reset', 'tw.end']) {
        source.addEventListener(type, () => console.log(type.replace('tw.', '<') + '>'));
      }
      """;

  private static final String POLYFILL =
      """
      import polyfill from 'event-source-polyfill';
      const source = new polyfill.EventSourcePolyfill(process.argv[2]);
      source.addEventListener('message', (event) => console.log(event.data));
      for (const type of ['tw.open', 'tw.live', 'tw.reset', 'tw.end']) {
        source.addEventListener(type, () => console.log(type.replace('tw.', '<') + '>'));
      }
      source.addEventListener('error', () => {});
      """;

  private static final String WS =
      """
      import WebSocket from 'ws';
      const [url, channel] = process.argv.slice(2);
      let after;
      function connect() {
        const socket = new WebSocket(url, 'tailwater.v1.json');
        socket.on('open', () => socket.send(JSON.stringify({ id: 1, subscribe: { channel, after } })));
        socket.on('message', (text) => {
          const frame = JSON.parse(text);
          if (frame.subscribed) after = frame.subscribed.position;
          for (const event of frame.events ?? []) {
            after = event.id;
            console.log(JSON.stringify(event.data));
          }
          for (const note of ['live', 'reset', 'end']) if (frame[note]) console.log(`<${note}>`);
        });
        socket.on('error', () => {});
        socket.on('close', () => setTimeout(connect, 200));
      }
      connect();
      """;

  private static final String WEBSOCKETS =
      """
      import asyncio, json, sys, websockets

      async def main(url, channel):
          after = None
          while True:
              try:
                  async with websockets.connect(url, subprotocols=["tailwater.v1.json"]) as socket:
                      subscribe = {"channel": channel}
                      if after:
                          subscribe["after"] = after
                      await socket.send(json.dumps({"id": 1, "subscribe": subscribe}))
                      async for text in socket:
                          frame = json.loads(text)
                          if "subscribed" in frame:
                              after = frame["subscribed"]["position"]
                          for event in frame.get("events", []):
                              after = event["id"]
                              print(json.dumps(event["data"]), flush=True)
                          for note in ("live", "reset", "end"):
                              if note in frame:
                                  print(f"<{note}>", flush=True)
              except (OSError, websockets.WebSocketException, asyncio.TimeoutError):
                  pass
              await asyncio.sleep(0.2)

      asyncio.run(main(*sys.argv[1:]))
      """;

  private static final String CURL_STREAM =
      """
      id= type=
      while :; do
        while IFS= read -r line; do
          case $line in
            'event: tw.'*) type=${line#event: tw.}; echo "<$type>" ;;
            'data: '*) [ -n "$type" ] || echo "${line#data: }" ;;
            'id: '*) id=${line#id: } ;;
            '') type= ;;
          esac
        done < <(curl -sN ${id:+-H "Last-Event-ID: $id"} "$1")
        sleep 0.2
      done
      """;

  private static final String CURL_POLL =
      """
      after=
      while :; do
        if answer=$(curl -sf -H 'Accept: application/json' "$1&limit=1${after:+&wait=10&after=$after}"); then
          [[ $answer =~ \\"data\\":([^}]*) ]] && echo "${BASH_REMATCH[1]}"
          [[ $answer =~ \\"resets\\":\\[\\{ ]] && echo '<reset>'
          [[ $answer =~ \\"live\\":true ]] && echo '<live>'
          [[ $answer =~ \\"next\\":\\"([^\\"]*)\\" ]] && after=${BASH_REMATCH[1]}
        else
          sleep 0.2
        fi
      done
      """;

  private final InProcessPlatform platform;

  ForeignClientsIT(InProcessPlatform platform) {
    this.platform = platform;
  }

  @Test
  void eventsourceOfNpmLosesNothing() throws Exception {
    losesNothing("npm eventsource", Tools.node("eventsource", EVENT_SOURCE), false);
  }

  /** It sends its position as the parameter lastEventId, and no header. */
  @Test
  void eventSourcePolyfillOfNpmLosesNothing() throws Exception {
    losesNothing("npm event-source-polyfill", Tools.node("event-source-polyfill", POLYFILL), false);
  }

  /**
   * Several parsers forget an id that comes without data, and an event that comes without an end.
   */
  @Test
  void eventsourceOfNpmLosesNothingWhenItIsCutBeforeItsFirstEvent() throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, "npm");
    URI gateway = platform.gateways().getFirst();
    try (Relay relay = new Relay(gateway)) {
      relay.cutAfterOneBlock();
      try (ForeignClient client =
          ForeignClient.start(Tools.node("eventsource", EVENT_SOURCE), stream(relay, channel))) {
        await().atMost(LIMIT).until(() -> relay.isDown() && client.count("<open>") == 1);
        Http.publish(platform.gateways().get(1), channel, "1");
        Http.publish(gateway, channel, "2");
        relay.up();
        await().atMost(LIMIT).until(() -> client.count("<live>") == 1);
        assertThat(client.lines()).containsExactly("<open>", "<open>", "1", "2", "<live>");
      }
    }
  }

  @Test
  void wsOfNpmLosesNothing() throws Exception {
    losesNothing("npm ws", Tools.node("ws", WS), true);
  }

  @Test
  void websocketsOfPythonLosesNothing() throws Exception {
    Tools.require(
        "python3-websockets of Debian", DEBIANS_PYTHON, "-c", "import websockets, asyncio");
    losesNothing("python websockets", script("read-frames.py", DEBIANS_PYTHON, WEBSOCKETS), true);
  }

  @Test
  void curlThatReadsAStreamLosesNothing() throws Exception {
    Tools.require("curl", "curl", "--version");
    losesNothing("curl stream", script("curl-stream", "bash", CURL_STREAM), false);
  }

  @Test
  void curlThatPollsLosesNothing() throws Exception {
    Tools.require("curl", "curl", "--version");
    losesNothing("curl poll", script("curl-poll", "bash", CURL_POLL), false);
  }

  @Test
  void httpClientOfJavaThatReadsAStreamLosesNothing() throws Exception {
    losesNothing("java stream", JavaClients.command("stream"), false);
  }

  @Test
  void webSocketOfJavaLosesNothing() throws Exception {
    losesNothing("java websocket", JavaClients.command("websocket"), true);
  }

  @Test
  void webSocketClientOfMicronautLosesNothing() throws Exception {
    losesNothing("micronaut websocket", MicronautClient.command(), true);
  }

  /** Cut while nothing is under way, and while events come. */
  private void losesNothing(String name, List<String> command, boolean webSocket) throws Exception {
    Channel channel = new Channel(Namespaces.DEMO, name);
    URI gateway = platform.gateways().getFirst();
    try (Relay relay = new Relay(gateway);
        ForeignClient client =
            webSocket
                ? ForeignClient.start(command, webSocket(relay), channel.toString())
                : ForeignClient.start(command, stream(relay, channel))) {
      await().atMost(LIMIT).until(() -> client.count("<live>") > 0);
      Http.publish(gateway, channel, "1");
      await().atMost(LIMIT).until(() -> client.events().size() == 1);
      relay.cut();
      Http.publish(platform.gateways().get(1), channel, "2");
      Http.publish(gateway, channel, "3");
      relay.up();
      await().atMost(LIMIT).until(() -> client.events().size() >= 3);
      for (int i = 4; i <= 12; i++) {
        Http.publish(platform.gateways().get(i % 2), channel, Integer.toString(i));
        if (i % 4 == 0) {
          relay.cut();
          relay.up();
        }
      }
      await().atMost(LIMIT).until(() -> client.events().size() >= 12);
      assertThat(client.events())
          .containsExactly("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12");
      assertThat(client.count("<reset>")).isZero();
    }
  }

  private static String stream(Relay relay, Channel channel) {
    return relay
        .address()
        .resolve("/v1/events?channel=" + Wanted.encoded(channel.toString()))
        .toString();
  }

  private static String webSocket(Relay relay) {
    return relay.address().resolve("/v1/ws").toString().replace("http:", "ws:");
  }

  private static List<String> script(String name, String interpreter, String text)
      throws IOException {
    Path file = Files.createDirectories(Path.of("target", "scripts")).resolve(name);
    Files.writeString(file, text);
    return List.of(interpreter, file.toString());
  }
}
