package io.tailwater.launcher.client;

import com.fasterxml.jackson.databind.JsonNode;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.Json;
import io.tailwater.launcher.terminal.LaunchException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code tailwater sub}: reads channels as they grow. */
@Command(
    name = "sub",
    mixinStandardHelpOptions = true,
    description = {
      "Prints the events of a channel as they come.",
      "",
      "A line each: id, type, data. It comes back by itself after a lost connection, with its",
      "position, so that nothing is lost or repeated; it ends with the channel ('tw.end') or with Ctrl-C. What is not an event (where a replay",
      "ends, what retention has removed) goes to standard error."
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  ./tailwater sub demo:hello                    # what is published from now on",
      "  ./tailwater sub demo:hello --from earliest    # everything that is kept, then the new",
      "  ./tailwater sub demo:hello --from last:10",
      "  ./tailwater sub demo:hello --after k3Zq-1042  # what came after this event",
      "  ./tailwater sub demo:a demo:b --json | jq .data"
    })
public final class SubscribeCommand implements Callable<Integer> {
  @Parameters(paramLabel = "CHANNEL", arity = "1..*", description = "One channel, or up to 32.")
  List<String> channels = List.of();

  @ArgGroup @Nullable Begin begin;

  /** Where to begin; nothing said: with what is published next. */
  static final class Begin {
    @Option(
        names = "--after",
        paramLabel = "ID",
        description = "Begin after this event or position.")
    @Nullable String after;

    @Option(
        names = "--from",
        paramLabel = "START",
        description = "Begin at: latest (default), earliest, last:N, time:T (ms or RFC 3339).")
    @Nullable String from;
  }

  @Option(names = "--count", paramLabel = "N", description = "End after N events.")
  long count = Long.MAX_VALUE;

  @Option(
      names = "--json",
      description =
          "Print each event as the server's JSON; tw.live, tw.reset and tw.end as"
              + " {\"type\":…,\"data\":…}.")
  boolean json;

  @Mixin ServerOptions options = new ServerOptions();

  private final Set<String> live = new HashSet<>();
  private final Set<String> ended = new HashSet<>();
  private long seen;

  @Override
  public Integer call() throws InterruptedException {
    String query =
        channels.stream()
            .map(channel -> "channel=" + Server.encode(channel))
            .collect(Collectors.joining("&"));
    String start = "";
    if (begin != null && begin.after != null) {
      start = "&after=" + Server.encode(begin.after);
    } else if (begin != null && begin.from != null) {
      start = "&from=" + Server.encode(begin.from);
    }
    new EventReader(options.server(), "/v1/events?" + query + start + "&envelope=true", null)
        .run(this::print);
    return ExitStatus.DONE;
  }

  private boolean print(SseEvent event) {
    switch (event.type()) {
      case "tw.live" -> {
        // A quiet stream says it again about once a minute.
        if (live.add(event.data())) {
          note(event);
        }
        return true;
      }
      case "tw.reset", "tw.end" -> {
        note(event);
        if (event.type().equals("tw.end")) {
          ended.add(Json.read(event.data()).path("channel").asText());
        }
        return ended.size() < channels.size();
      }
      case "tw.open", "tw.retry", "tw.expiring" -> {
        return true;
      }
      case "tw.expired" ->
          throw new LaunchException(
              ExitStatus.REFUSED, "The token has expired; './tailwater token' makes another.");
      default -> {
        System.out.println(json ? event.data() : plain(event.data()));
        // Nobody reads on: `| head` has what it wanted.
        return ++seen < count && !System.out.checkError();
      }
    }
  }

  private void note(SseEvent event) {
    if (json) {
      System.out.println("{\"type\":\"" + event.type() + "\",\"data\":" + event.data() + "}");
    } else {
      System.err.println("# " + event.type() + " " + event.data());
    }
  }

  private String plain(String envelope) {
    JsonNode event = Json.read(envelope);
    String channel = channels.size() > 1 ? event.path("channel").asText() + " " : "";
    JsonNode data = event.path("data");
    return channel
        + event.path("id").asText("-")
        + " "
        + event.path("type").asText("message")
        + " "
        + (data.isMissingNode() ? "" : data);
  }
}
