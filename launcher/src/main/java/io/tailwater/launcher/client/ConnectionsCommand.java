package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tailwater connections}: who is connected, and how far behind. */
@Command(
    name = "connections",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the connections of the platform on this machine, over all its gateways.",
      "",
      "LAG is how many offsets the channel that is furthest behind is behind; STATE is what it does."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater connections",
      "  ./tailwater connections --subject alice",
      "  ./tailwater connections --channel chat:lobby --json | jq '.connections[].address'"
    })
public final class ConnectionsCommand implements Callable<Integer> {
  @Mixin OwnPlatform platform = new OwnPlatform();

  @Option(names = "--subject", paramLabel = "NAME", description = "Only those of this subject.")
  @Nullable String subject;

  @Option(
      names = "--channel",
      paramLabel = "CHANNEL",
      description = "Only readers of this channel.")
  @Nullable String channel;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "100",
      description = "At most so many, 1 to 1,000. Default: ${DEFAULT-VALUE}.")
  int limit = 100;

  @Option(names = "--json", description = "Print the gateway's answer.")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    String path = "/v1/admin/connections?limit=" + limit;
    path += Server.parameter("subject", subject) + Server.parameter("channel", channel);
    JsonNode answer = platform.get(path);
    if (json) {
      System.out.println(answer);
      return ExitStatus.DONE;
    }
    Table table =
        new Table(
            "CONNECTION",
            "GATEWAY",
            "SUBJECT",
            "TRANSPORT",
            "ADDRESS",
            "SINCE",
            "CHANNELS",
            "LAG",
            "STATE");
    answer.path("connections").forEach(connection -> add(table, connection));
    table.print(System.out);
    if (answer.hasNonNull("next")) {
      System.err.println("# there are more: raise --limit, or ask for a subject or a channel");
    }
    if (!answer.path("complete").asBoolean()) {
      System.err.println("# a gateway did not answer");
    }
    return ExitStatus.DONE;
  }

  private static void add(Table table, JsonNode connection) {
    JsonNode worst = ChannelReaders.worst(connection);
    table.row(
        connection.path("connection").asText(),
        connection.path("gateway").asText(),
        connection.path("subject").asText(),
        connection.path("transport").asText(),
        connection.path("address").asText(),
        Instant.ofEpochMilli(connection.path("since_ms").asLong())
            .truncatedTo(ChronoUnit.SECONDS)
            .toString(),
        connection.path("channel_count").asText(),
        Long.toString(worst.path("lag").asLong()),
        ChannelReaders.state(worst));
  }
}
