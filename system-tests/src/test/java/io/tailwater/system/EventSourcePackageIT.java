package io.tailwater.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.contract.Channel;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The npm package {@code eventsource}, as Node programs read event streams. */
@ExtendWith(Platforms.class)
final class EventSourcePackageIT {
  private static final String PACKAGE = "eventsource@3.0.7";
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final String SCRIPT =
      """
      import { EventSource } from 'eventsource';
      const source = new EventSource(process.argv[2]);
      for (const type of ['tw.open', 'tw.live', 'tw.reset', 'tw.end', 'message']) {
        source.addEventListener(type, (event) =>
          console.log(JSON.stringify({ type, id: event.lastEventId, data: event.data })));
      }
      """;

  @Test
  void losesNothingWhenItIsCutBeforeItsFirstEvent(InProcessPlatform platform) throws Exception {
    Path folder = install();
    Channel channel = new Channel(Namespaces.DEMO, "npm");
    URI gateway = platform.gateways().getFirst();
    List<JsonNode> heard = new CopyOnWriteArrayList<>();
    try (Relay relay = new Relay(gateway)) {
      relay.cutAfterOneBlock();
      URI address =
          relay.address().resolve("/v1/events?channel=" + Wanted.encoded(channel.toString()));
      Process node =
          new ProcessBuilder("node", folder.resolve("read.mjs").toString(), address.toString())
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      try {
        Thread.ofVirtual()
            .name("npm-output")
            .start(() -> node.inputReader().lines().forEach(line -> heard.add(json(line))));
        await().atMost(LIMIT).until(() -> relay.isDown() && types(heard).contains("tw.open"));
        Http.publish(platform.gateways().get(1), channel, "\"one\"");
        Http.publish(gateway, channel, "\"two\"");
        relay.up();
        await()
            .atMost(LIMIT)
            .until(
                () ->
                    types(heard).stream().filter("message"::equals).count() >= 2
                        && types(heard).lastIndexOf("tw.live")
                            > types(heard).lastIndexOf("tw.open"));
      } finally {
        node.destroyForcibly().waitFor();
      }
    }
    assertThat(types(heard).subList(0, 2)).containsExactly("tw.open", "tw.open");
    assertThat(types(heard)).as("no reset, no repetition").hasSize(5).doesNotContain("tw.reset");
    assertThat(
            heard.stream()
                .map(one -> one.path("data").asText())
                .filter(data -> !data.startsWith("{")))
        .containsExactly("\"one\"", "\"two\"");
  }

  private static List<String> types(List<JsonNode> heard) {
    return heard.stream().map(one -> one.path("type").asText()).toList();
  }

  private static JsonNode json(String line) {
    return new Http.Answer(
            0, java.net.http.HttpHeaders.of(java.util.Map.of(), (a, b) -> true), line)
        .json();
  }

  /** Installs the package once into the build's own directory. */
  private static Path install() throws IOException, InterruptedException {
    Path folder = Files.createDirectories(Path.of("target", "npm"));
    Files.writeString(folder.resolve("read.mjs"), SCRIPT);
    if (Files.exists(folder.resolve("node_modules").resolve("eventsource"))) {
      return folder;
    }
    Files.writeString(folder.resolve("package.json"), "{\"private\":true}");
    Process npm;
    try {
      npm =
          new ProcessBuilder("npm", "install", "--no-audit", "--no-fund", PACKAGE)
              .directory(folder.toFile())
              .redirectErrorStream(true)
              .redirectOutput(folder.resolve("npm.out").toFile())
              .start();
    } catch (IOException e) {
      throw new IllegalStateException("this test needs node and npm: install them", e);
    }
    boolean done = npm.waitFor(120, TimeUnit.SECONDS);
    if (!done || npm.exitValue() != 0) {
      npm.destroyForcibly();
      throw new IllegalStateException(
          "npm could not install " + PACKAGE + ": " + Files.readString(folder.resolve("npm.out")));
    }
    return folder;
  }
}
