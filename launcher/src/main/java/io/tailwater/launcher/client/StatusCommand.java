package io.tailwater.launcher.client;

import io.tailwater.launcher.data.RunningPlatform;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tailwater status}: what runs on this machine, and whether it is ready. */
@Command(
    name = "status",
    mixinStandardHelpOptions = true,
    description = {
      "Says where the platform on this machine is, and whether its services are ready.",
      "",
      "It is found by its data directory. The exit code is 1 if none runs, or if a service is not ready."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./tailwater status", "  ./tailwater status --data /tmp/tailwater --json"})
public final class StatusCommand implements Callable<Integer> {
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(3);

  @Mixin OwnPlatform platform = new OwnPlatform();

  @Option(names = "--json", description = "Print {\"address\":…,\"pid\":…,\"services\":{…}}.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    RunningPlatform running = platform.find();
    String address = "http://127.0.0.1:" + running.port();
    Map<String, String> states = new LinkedHashMap<>();
    for (Map.Entry<String, Integer> service : running.healthPorts().entrySet()) {
      states.put(service.getKey(), state(service.getValue()));
    }
    if (json) {
      System.out.println(
          Json.write(Map.of("address", address, "pid", running.pid(), "services", states)));
    } else {
      print(running, address, states);
    }
    boolean ready = states.values().stream().allMatch("ready"::equals);
    return ready ? ExitStatus.DONE : ExitStatus.FAILED;
  }

  private static void print(RunningPlatform running, String address, Map<String, String> states) {
    Instant since = Instant.ofEpochMilli(running.sinceMs()).truncatedTo(ChronoUnit.SECONDS);
    System.out.println(address + ", process " + running.pid() + ", since " + since);
    Table table = new Table("SERVICE", "STATE", "HEALTH AND METRICS");
    states.forEach(
        (name, state) ->
            table.row(name, state, "http://127.0.0.1:" + running.healthPorts().get(name)));
    table.print(System.out);
  }

  private static String state(int port) throws InterruptedException {
    try (HttpClient http =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(ANSWER_LIMIT)
            .build()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/readiness"))
              .timeout(ANSWER_LIMIT)
              .build();
      return http.send(request, BodyHandlers.discarding()).statusCode() == 200
          ? "ready"
          : "not ready";
    } catch (IOException e) {
      return "does not answer";
    }
  }
}
