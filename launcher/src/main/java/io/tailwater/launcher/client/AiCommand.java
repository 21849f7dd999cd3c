package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater ai}: starts an answer and prints it as it is written. */
@Command(
    name = "ai",
    mixinStandardHelpOptions = true,
    description = {
      "Starts an AI answer and prints its text as it arrives.",
      "",
      "The answer is a channel: after a lost connection this command comes back and goes on exactly where",
      "it was. Without --model it is the server's usual model. Unless another one is configured, that is",
      "a mock, which needs no account and writes at the pace of a real one."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater ai 'What is a log?'",
      "  ./tailwater ai 'What is a log?' --max-tokens 1000",
      "  git diff | ./tailwater ai -                 # the prompt from standard input",
      "  ./tailwater ai 'Hi' --json | jq -r 'select(.type==\"delta\").data.text'"
    })
public final class AiCommand implements Callable<Integer> {
  private static final Duration RETRY_FOR = Duration.ofSeconds(20);

  @Parameters(paramLabel = "PROMPT", description = "The prompt; '-' reads it from standard input.")
  String prompt = "";

  @Option(names = "--model", paramLabel = "NAME", description = "Which model answers.")
  @Nullable String model;

  @Option(names = "--max-tokens", paramLabel = "N", description = "The answer's length at most.")
  @Nullable Integer maxTokens;

  @Option(names = "--json", description = "Print each event of the answer as the server's JSON.")
  boolean json;

  @Mixin ServerOptions options = new ServerOptions();

  private int exitStatus = ExitStatus.ANSWER_FAILED;

  @Override
  public Integer call() throws IOException, InterruptedException {
    Server server = options.server();
    String events = create(server).path("events").asText();
    new EventReader(server.anonymous(), events + "&envelope=true", null).run(this::print);
    return exitStatus;
  }

  private JsonNode create(Server server) throws IOException, InterruptedException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put(
        "prompt",
        prompt.equals("-") ? new String(System.in.readAllBytes(), StandardCharsets.UTF_8) : prompt);
    if (model != null) {
      body.put("model", model);
    }
    if (maxTokens != null) {
      body.put("max_tokens", maxTokens);
    }
    HttpRequest.Builder request =
        server
            .request("/v1/ai/streams")
            .header("Content-Type", "application/json")
            .header("Idempotency-Key", UUID.randomUUID().toString())
            .POST(BodyPublishers.ofString(Json.write(body)));
    return Json.read(server.send(request, 201, RETRY_FOR));
  }

  /** Whether more is to come. */
  private boolean print(SseEvent event) {
    if (event.type().startsWith("tw.")) {
      if (event.type().equals("tw.reset")) {
        System.err.println("# a part of the answer is no longer kept: " + event.data());
      }
      return !event.type().equals("tw.end");
    }
    if (json) {
      System.out.println(event.data());
    }
    JsonNode envelope = Json.read(event.data());
    JsonNode data = envelope.path("data");
    switch (envelope.path("type").asText()) {
      case "delta" -> text(data);
      case "finish" -> {
        exitStatus = ExitStatus.DONE;
        text("\n");
        return false;
      }
      case "failed" -> {
        text("\n");
        throw new LaunchException(
            ExitStatus.ANSWER_FAILED,
            "The answer failed ("
                + data.path("code").asText()
                + "): "
                + data.path("message").asText());
      }
      default -> {}
    }
    return !System.out.checkError();
  }

  private void text(JsonNode delta) {
    if (delta.path("kind").asText("text").equals("text")) {
      text(delta.path("text").asText());
    }
  }

  private void text(String text) {
    if (!json) {
      System.out.print(text);
      System.out.flush();
    }
  }
}
