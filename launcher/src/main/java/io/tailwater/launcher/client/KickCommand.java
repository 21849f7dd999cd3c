package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater kick}: ends connections. */
@Command(
    name = "kick",
    mixinStandardHelpOptions = true,
    description = {
      "Ends connections to the platform on this machine, or their subscriptions to a channel.",
      "",
      "Their clients are told to come back, and can as long as their token allows it. A connection has to",
      "fit all that is named."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater kick alice                        # all connections of alice",
      "  ./tailwater kick --connection c-9f2           # one of 'connections'",
      "  ./tailwater kick alice --channel chat:lobby   # only this subscription"
    })
public final class KickCommand implements Callable<Integer> {
  @Mixin OwnPlatform platform = new OwnPlatform();

  @Parameters(arity = "0..1", paramLabel = "SUBJECT", description = "Those of this subject.")
  @Nullable String subject;

  @Option(names = "--connection", paramLabel = "ID", description = "The one with this id.")
  @Nullable String connection;

  @Option(
      names = "--channel",
      paramLabel = "CHANNEL",
      description = "End only the subscription to this channel.")
  @Nullable String channel;

  @Override
  public Integer call() throws InterruptedException {
    String query =
        Server.parameter("subject", subject)
            + Server.parameter("connection", connection)
            + Server.parameter("channel", channel);
    if (query.isEmpty()) {
      throw new LaunchException(
          ExitStatus.USAGE,
          "Name a subject, a --connection or a --channel: all would be too many.");
    }
    JsonNode answer = platform.delete("/v1/admin/connections?" + query.substring(1));
    System.out.println("ended " + answer.path("ended").asText());
    if (!answer.path("complete").asBoolean()) {
      throw new LaunchException(ExitStatus.UNAVAILABLE, "A gateway did not answer.");
    }
    return ExitStatus.DONE;
  }
}
