package io.tailwater.launcher;

import io.tailwater.contract.Release;
import io.tailwater.launcher.client.AiCommand;
import io.tailwater.launcher.client.ChannelsCommand;
import io.tailwater.launcher.client.ConnectionsCommand;
import io.tailwater.launcher.client.DownCommand;
import io.tailwater.launcher.client.KickCommand;
import io.tailwater.launcher.client.NamespacesCommand;
import io.tailwater.launcher.client.ProduceCommand;
import io.tailwater.launcher.client.PublishCommand;
import io.tailwater.launcher.client.StatusCommand;
import io.tailwater.launcher.client.SubscribeCommand;
import io.tailwater.launcher.client.TokenCommand;
import io.tailwater.launcher.client.TopCommand;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The {@code tailwater} command. */
@Command(
    name = "tailwater",
    mixinStandardHelpOptions = true,
    version = "tailwater " + Release.VERSION,
    description = "Events from Kafka to browsers and apps, and none lost on the way.",
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      " 0:done",
      " 1:could not be done here: no server, a taken port, a directory that can't be written",
      " 2:wrong usage",
      " 3:refused by the server for good, for instance forbidden or closed",
      " 4:the server could not say yet: run the same command again",
      " 5:ai: the answer failed or was cancelled",
      "130, 143:stopped by Ctrl-C, by SIGTERM"
    },
    footerHeading = "%nThe first minute:%n",
    footer = {
      "  ./tailwater up                         start everything on this machine",
      "  ./tailwater sub demo:hello             in a second terminal: read a channel",
      "  ./tailwater pub demo:hello '{\"n\":1}'   in a third: publish to it",
      "  ./tailwater ai 'What is a log?'        watch an answer being written",
      "  ./tailwater down                       stop everything again",
      "",
      "'./tailwater help COMMAND' says more about each."
    },
    subcommands = {
      UpCommand.class,
      TokenCommand.class,
      PublishCommand.class,
      SubscribeCommand.class,
      AiCommand.class,
      ProduceCommand.class,
      StatusCommand.class,
      TopCommand.class,
      ConnectionsCommand.class,
      ChannelsCommand.class,
      KickCommand.class,
      NamespacesCommand.class,
      DownCommand.class,
      CommandLine.HelpCommand.class
    })
final class Tailwater {
  private Tailwater() {}

  /** Runs one command and exits with its code, see {@link ExitStatus}. */
  public static void main(String[] args) {
    // Whatever the locale says: data is UTF-8.
    System.setOut(utf8(FileDescriptor.out));
    System.setErr(utf8(FileDescriptor.err));
    System.exit(run(args));
  }

  /** Runs one command and returns its exit code. */
  static int run(String... args) {
    var commandLine = new CommandLine(new Tailwater());
    commandLine.setUsageHelpWidth(110);
    commandLine.setExecutionExceptionHandler(
        (failure, command, parsed) -> {
          if (failure instanceof LaunchException sentence) {
            System.err.println("tailwater: " + sentence.getMessage());
            return sentence.exitCode();
          }
          throw failure;
        });
    return args.length == 0 ? usage(commandLine) : commandLine.execute(args);
  }

  private static int usage(CommandLine commandLine) {
    commandLine.usage(System.err);
    return ExitStatus.USAGE;
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }
}
