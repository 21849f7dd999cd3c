package io.tailwater.launcher.client;

import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code tailwater channels}: what is read now, by how many. */
@Command(
    name = "channels",
    mixinStandardHelpOptions = true,
    description = {
      "Lists the channels and patterns that somebody reads now, over all gateways.",
      "",
      "LAG is how many offsets the reader that is furthest behind is behind; STATE is what it does.",
      "Of a connection that reads more than 32 channels, those that are furthest behind are counted."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater channels",
      "  ./tailwater channels --subject alice",
      "  ./tailwater channels --json | jq '.[] | select(.lag > 0)'"
    })
public final class ChannelsCommand implements Callable<Integer> {
  @Mixin OwnPlatform platform = new OwnPlatform();

  @Option(names = "--subject", paramLabel = "NAME", description = "Only those it reads.")
  @Nullable String subject;

  @Option(
      names = "--json",
      description = "Print [{\"channel\":…,\"readers\":…,\"lag\":…,\"state\":…}].")
  boolean json;

  @Override
  public Integer call() throws InterruptedException {
    Collection<ChannelReaders.Read> read =
        ChannelReaders.of(platform.connections(Server.parameter("subject", subject)));
    if (json) {
      System.out.println(Json.write(read.stream().map(ChannelsCommand::fields).toList()));
      return ExitStatus.DONE;
    }
    Table table = new Table("CHANNEL", "READERS", "LAG", "STATE");
    for (ChannelReaders.Read channel : read) {
      table.row(
          channel.channel(),
          Integer.toString(channel.readers()),
          Long.toString(channel.lag()),
          channel.state());
    }
    table.print(System.out);
    return ExitStatus.DONE;
  }

  private static Map<String, Object> fields(ChannelReaders.Read channel) {
    return Map.of(
        "channel", channel.channel(),
        "readers", channel.readers(),
        "lag", channel.lag(),
        "state", channel.state());
  }
}
