package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater pub}: publishes one event, or the lines of standard input. */
@Command(
    name = "pub",
    mixinStandardHelpOptions = true,
    description = {
      "Publishes an event, and prints its id once Kafka has it.",
      "",
      "DATA that is JSON is sent as JSON, other text as a JSON string. Without DATA, each line of standard",
      "input is one event of CHANNEL; with '-' as the channel, each line is",
      "{\"channel\":…,\"data\":…} with optional \"type\" and \"key\", for several channels at once.",
      "Each event gets an idempotency key if it has none and is sent again with it when the server",
      "could not say, so a retry adds nothing twice."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater pub demo:hello '{\"text\":\"hi\"}'",
      "  ./tailwater pub demo:hello 'good morning'",
      "  ./tailwater pub demo:hello '{\"n\":1}' --type order.placed --key order-17",
      "  ./tailwater pub demo:hello --close               # nothing may follow",
      "  seq 1000 | ./tailwater pub demo:numbers          # a line, an event",
      "  echo '{\"channel\":\"demo:a\",\"data\":1}' | ./tailwater pub -"
    })
public final class PublishCommand implements Callable<Integer> {
  private static final Duration RETRY_DELAY = Duration.ofMillis(500);
  private static final int BATCH_LINES = 1_000;
  private static final int BATCH_BYTES = 3 << 20;

  @Parameters(
      index = "0",
      paramLabel = "CHANNEL",
      description = "E.g. demo:hello; '-': as the lines say.")
  String channel = "";

  @Parameters(index = "1", arity = "0..1", paramLabel = "DATA", description = "The event's data.")
  @Nullable String data;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      description = "The event's type. Default: message.")
  @Nullable String type;

  @Option(names = "--key", paramLabel = "KEY", description = "Idempotency key of the one event.")
  @Nullable String key;

  @Option(names = "--close", description = "Close the channel with this event.")
  boolean close;

  @Option(
      names = "--retry-for",
      paramLabel = "TIME",
      defaultValue = "30s",
      converter = DurationText.class,
      description = "How long to try again while the server can't say. Default: ${DEFAULT-VALUE}.")
  Duration retryFor = Duration.ofSeconds(30);

  @Option(names = "--json", description = "Print the server's answers: {\"id\":…,\"duplicate\":…}.")
  boolean json;

  @Mixin ServerOptions options = new ServerOptions();

  @Override
  public Integer call() throws IOException, InterruptedException {
    boolean lines = data == null && !close;
    if (lines && (key != null || (type != null && channel.equals("-")))) {
      throw new LaunchException(
          ExitStatus.USAGE,
          "--key is for one event, and --type for one channel; lines have their own.");
    }
    if (!lines && channel.equals("-")) {
      throw new LaunchException(ExitStatus.USAGE, "With '-' the events come from standard input.");
    }
    return lines ? publishLines(options.server()) : publishOne(options.server());
  }

  private int publishOne(Server server) throws InterruptedException {
    String path = "/v1/events?channel=" + Server.encode(channel) + (close ? "&close=true" : "");
    HttpRequest.Builder request = server.request(path);
    if (data == null) {
      request.POST(BodyPublishers.noBody());
    } else {
      request
          .header(
              "Content-Type", Json.isJson(data) ? "application/json" : "text/plain; charset=utf-8")
          .POST(BodyPublishers.ofString(data));
    }
    if (type != null) {
      request.header("Event-Type", type);
    }
    request.header("Idempotency-Key", key == null ? UUID.randomUUID().toString() : key);
    String answer = server.send(request, 201, retryFor);
    System.out.println(json ? answer : Json.read(answer).path("id").asText());
    return ExitStatus.DONE;
  }

  private int publishLines(Server server) throws IOException, InterruptedException {
    int worst = ExitStatus.DONE;
    var batch = new ArrayList<String>();
    int bytes = 0;
    var input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      if (line.isBlank()) {
        continue;
      }
      String event = event(line);
      int size = event.getBytes(StandardCharsets.UTF_8).length + 1;
      if (bytes + size > BATCH_BYTES && !batch.isEmpty()) {
        worst = Math.max(worst, publish(server, batch));
        bytes = 0;
      }
      batch.add(event);
      bytes += size;
      // A slow producer's line goes out at once; a fast one's go together.
      if (batch.size() == BATCH_LINES || !input.ready()) {
        worst = Math.max(worst, publish(server, batch));
        bytes = 0;
      }
    }
    return batch.isEmpty() ? worst : Math.max(worst, publish(server, batch));
  }

  /**
   * A line of the batch endpoint. What was given is not read and written again, so numbers stay as
   * they are.
   */
  private String event(String line) {
    String fields = "\"key\":" + Json.write(UUID.randomUUID().toString());
    if (!channel.equals("-")) {
      String kind = type == null ? "" : ",\"type\":" + Json.write(type);
      String value = Json.isJson(line) ? line.strip() : Json.write(line);
      return "{\"channel\":"
          + Json.write(channel)
          + kind
          + ","
          + fields
          + ",\"data\":"
          + value
          + "}";
    }
    JsonNode given = Json.read(line);
    if (!given.isObject() || given.isEmpty() || given.has("key")) {
      return line;
    }
    return "{" + fields + "," + line.strip().substring(1);
  }

  /** Sends what is unanswered until nothing is; clears the batch. */
  private int publish(Server server, List<String> batch) throws InterruptedException {
    long deadline = server.ticker().nanos() + retryFor.toNanos();
    String[] answers = new String[batch.size()];
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < answers.length; i++) {
      open.add(i);
    }
    while (!open.isEmpty()) {
      answer(server, batch, open, answers);
      open.removeIf(i -> !Json.read(answers[i]).path("error").path("retry").asBoolean());
      if (server.ticker().nanos() > deadline) {
        break;
      }
      if (!open.isEmpty()) {
        server.ticker().sleep(RETRY_DELAY.toNanos());
      }
    }
    batch.clear();
    int worst = ExitStatus.DONE;
    for (String answer : answers) {
      worst = Math.max(worst, print(answer));
    }
    return worst;
  }

  private void answer(Server server, List<String> batch, List<Integer> open, String[] answers)
      throws InterruptedException {
    var body = new StringBuilder();
    open.forEach(i -> body.append(batch.get(i)).append('\n'));
    HttpRequest.Builder request =
        server
            .request("/v1/events")
            .header("Content-Type", "application/x-ndjson")
            .POST(BodyPublishers.ofString(body.toString()));
    List<String> lines = server.send(request, 200, retryFor).lines().toList();
    if (lines.size() != open.size()) {
      throw new LaunchException(
          "The server answered " + lines.size() + " of " + open.size() + " events.");
    }
    for (int i = 0; i < lines.size(); i++) {
      answers[open.get(i)] = lines.get(i);
    }
  }

  private int print(String answer) {
    JsonNode verdict = Json.read(answer);
    JsonNode error = verdict.path("error");
    if (json) {
      System.out.println(answer);
    } else if (error.isMissingNode()) {
      System.out.println(verdict.path("id").asText());
    } else {
      System.err.println(
          "tailwater: The server refused an event ("
              + error.path("code").asText()
              + "): "
              + error.path("message").asText());
    }
    if (error.isMissingNode()) {
      return ExitStatus.DONE;
    }
    return error.path("retry").asBoolean() ? ExitStatus.UNAVAILABLE : ExitStatus.REFUSED;
  }
}
