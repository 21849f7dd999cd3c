package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.data.RunningPlatform;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.service.Ticker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tailwater top}: what the platform does, as a table that is renewed. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what the platform on this machine does now: its services, events in and out, and the",
      "connections that are furthest behind. Ctrl-C ends it.",
      "",
      "IN/S is how many events a second event-core has stored, OUT/S how many a gateway has written.",
      "RESETS and REFUSED are counted since the gateway's start."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater top",
      "  ./tailwater top --every 10s --rows 40",
      "  ./tailwater top --count 1 | head -1     # once, for a script"
    })
public final class TopCommand implements Callable<Integer> {
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_BELOW = "\u001b[J";

  @Mixin OwnPlatform platform = new OwnPlatform();

  @Option(
      names = "--every",
      paramLabel = "TIME",
      defaultValue = "2s",
      converter = DurationText.class,
      description = "How often. Default: ${DEFAULT-VALUE}.")
  Duration every = Duration.ofSeconds(2);

  @Option(names = "--count", paramLabel = "N", description = "End after N tables.")
  long count = Long.MAX_VALUE;

  @Option(
      names = "--rows",
      paramLabel = "N",
      defaultValue = "15",
      description = "At most so many connections. Default: ${DEFAULT-VALUE}.")
  int rows = 15;

  /** What was counted at one moment, by service. */
  private record Counted(long nanos, Map<String, Metrics> services) {}

  @Override
  public Integer call() throws InterruptedException {
    // In a file or a pipe, one table follows the other.
    boolean renews = System.console() != null && System.console().isTerminal();
    Ticker ticker = platform.ticker();
    try (HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      Counted before = null;
      for (long shown = 0; shown < count && !System.out.checkError(); shown++) {
        if (before != null) {
          ticker.sleep(every.toNanos());
        }
        RunningPlatform running = platform.find();
        Counted now = counted(http, running, ticker);
        String table = table(running, before, now);
        System.out.print(renews ? renewed(table) : table + "\n");
        System.out.flush();
        before = now;
      }
    }
    return ExitStatus.DONE;
  }

  private static String renewed(String table) {
    return HOME + table.replace("\n", CLEAR_LINE + "\n") + CLEAR_BELOW;
  }

  private static Counted counted(HttpClient http, RunningPlatform running, Ticker ticker)
      throws InterruptedException {
    Map<String, Metrics> services = new LinkedHashMap<>();
    for (Map.Entry<String, Integer> service : running.healthPorts().entrySet()) {
      Metrics.read(http, service.getValue())
          .ifPresent(metrics -> services.put(service.getKey(), metrics));
    }
    return new Counted(ticker.nanos(), services);
  }

  private String table(RunningPlatform running, @Nullable Counted before, Counted now)
      throws InterruptedException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(text, true, StandardCharsets.UTF_8);
    List<JsonNode> pages = platform.connections("");
    List<JsonNode> connections =
        pages.stream().flatMap(page -> page.path("connections").valueStream()).toList();
    out.printf(
        "http://127.0.0.1:%d   connections %d   channels %d%n%n",
        running.port(), connections.size(), ChannelReaders.of(pages).size());
    services(running, before, now).print(out);
    out.println();
    worst(connections).print(out);
    return text.toString(StandardCharsets.UTF_8);
  }

  private static Table services(RunningPlatform running, @Nullable Counted before, Counted now) {
    Table table =
        new Table("SERVICE", "STATE", "CONNECTIONS", "IN/S", "OUT/S", "RESETS", "REFUSED", "LAG");
    for (String name : running.healthPorts().keySet()) {
      Metrics metrics = now.services().get(name);
      if (metrics == null) {
        table.row(name, "does not answer", "", "", "", "", "", "");
        continue;
      }
      boolean gateway = metrics.text().contains("tailwater_edge_resets_total");
      boolean core = metrics.text().contains("tailwater_core_lag_seconds");
      table.row(
          name,
          "runs",
          gateway ? whole(metrics.sum("tailwater_edge_connections", "")) : "",
          core ? rate(name, "tailwater_core_records_total", "outcome=\"stored\"", before, now) : "",
          gateway ? rate(name, "tailwater_edge_delivered_events_total", "", before, now) : "",
          gateway ? whole(metrics.sum("tailwater_edge_resets_total", "")) : "",
          gateway ? whole(metrics.sum("tailwater_edge_limits_refused_total", "")) : "",
          core
              ? String.format(Locale.ROOT, "%.1f s", metrics.sum("tailwater_core_lag_seconds", ""))
              : "");
    }
    return table;
  }

  private static String whole(double value) {
    return String.format(Locale.ROOT, "%.0f", value);
  }

  /** How much a counter has grown in a second; a dash while there is nothing to compare with. */
  private static String rate(
      String service, String metric, String labels, @Nullable Counted before, Counted now) {
    Optional<Metrics> earlier = Optional.ofNullable(before).map(at -> at.services().get(service));
    Metrics metrics = now.services().get(service);
    if (earlier.isEmpty() || before == null || metrics == null) {
      return "-";
    }
    double grown = metrics.sum(metric, labels) - earlier.get().sum(metric, labels);
    // A service that was started again counts from nothing.
    double seconds = (now.nanos() - before.nanos()) / 1e9;
    return String.format(Locale.ROOT, "%.1f", Math.max(0, grown) / seconds);
  }

  private Table worst(List<JsonNode> connections) {
    Table table =
        new Table(
            "CONNECTION", "GATEWAY", "SUBJECT", "TRANSPORT", "FURTHEST BEHIND", "LAG", "STATE");
    connections.stream()
        .sorted(ChannelReaders.byLag())
        .limit(rows)
        .forEach(
            connection -> {
              JsonNode worst = ChannelReaders.worst(connection);
              table.row(
                  connection.path("connection").asText(),
                  connection.path("gateway").asText(),
                  connection.path("subject").asText(),
                  connection.path("transport").asText(),
                  worst.path("channel").asText(),
                  worst.path("lag").asText(""),
                  ChannelReaders.state(worst));
            });
    return table;
  }
}
