package io.tailwater.edge.connection;

import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.ListConnections;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Any thread that may wait, so never an event loop: shows operators this gateway's connections, and
 * ends them.
 */
public final class ConnectionAdmin {
  private static final int AT_ONCE = 1_000;
  private static final long PATIENCE_SECONDS = 2;

  private final Connections connections;
  private final String gateway;

  public ConnectionAdmin(Connections connections, String gateway) {
    this.connections = connections;
    this.gateway = gateway;
  }

  /** The name of this gateway. */
  public String gateway() {
    return gateway;
  }

  /** The requested connections, by id. */
  public List<ConnectionEntry> list(ListConnections question) {
    List<Connection> candidates =
        connections.all().stream()
            .filter(connection -> connection.id().compareTo(question.getAfter()) > 0)
            .sorted(Comparator.comparing(Connection::id))
            .toList();
    List<ConnectionEntry> found = new ArrayList<>();
    for (int i = 0; i < candidates.size() && found.size() < question.getLimit(); i += AT_ONCE) {
      List<Connection> some = candidates.subList(i, Math.min(i + AT_ONCE, candidates.size()));
      each(some, connection -> entry(connection, question))
          .forEach(one -> one.ifPresent(found::add));
    }
    return found.subList(0, Math.min(question.getLimit(), found.size()));
  }

  private Optional<ConnectionEntry> entry(Connection connection, ListConnections question) {
    String subject = question.getSubject();
    String channel = question.getChannel();
    boolean wanted =
        !connection.closed()
            && (subject.isEmpty() || connection.identity().subject().equals(subject))
            && (channel.isEmpty()
                || connection.cursors().stream()
                    .anyMatch(cursor -> cursor.channel().toString().equals(channel)));
    return wanted
        ? Optional.of(
            ConnectionEntry.newBuilder()
                .setId(connection.id())
                .setJson(ConnectionReport.of(connection, gateway))
                .build())
        : Optional.empty();
  }

  /** Ends the connections of a subject, and returns how many. Their clients may reconnect. */
  public int end(String subject) {
    return each(
            List.copyOf(connections.all()),
            connection -> {
              boolean theirs =
                  !connection.closed() && connection.identity().subject().equals(subject);
              if (theirs) {
                connection.end(Disconnect.GOING_AWAY);
              }
              return theirs ? 1 : 0;
            })
        .stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  /** Asks each on its own loop; without those that do not answer in time. */
  private static <T> List<T> each(List<Connection> some, Function<Connection, T> question) {
    List<CompletableFuture<T>> asked = new ArrayList<>(some.size());
    for (Connection connection : some) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      asked.add(answer);
      connection
          .loop()
          .execute(
              () -> {
                try {
                  answer.complete(question.apply(connection));
                } catch (RuntimeException e) {
                  answer.completeExceptionally(e);
                }
              });
    }
    CompletableFuture.allOf(asked.toArray(CompletableFuture[]::new))
        .completeOnTimeout(null, PATIENCE_SECONDS, TimeUnit.SECONDS)
        .exceptionally(failure -> null)
        .join();
    return asked.stream()
        .filter(answer -> answer.isDone() && !answer.isCompletedExceptionally())
        .map(CompletableFuture::join)
        .toList();
  }
}
