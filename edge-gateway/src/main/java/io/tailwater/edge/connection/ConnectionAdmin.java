package io.tailwater.edge.connection;

import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.ListConnections;
import io.tailwater.edge.connection.Transport.Farewell;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Looks at this gateway's connections and ends them, on behalf of whoever runs the platform. Any
 * thread that may wait: never an event loop.
 */
public final class ConnectionAdmin {
  private static final int AT_ONCE = 1_000;
  private static final long PATIENCE_SECONDS = 2;

  private final Connections sessions;
  private final String gateway;

  public ConnectionAdmin(Connections sessions, String gateway) {
    this.sessions = sessions;
    this.gateway = gateway;
  }

  /** The name of this gateway. */
  public String gateway() {
    return gateway;
  }

  /** Those that are asked for, by id. */
  public List<ConnectionEntry> list(ListConnections question) {
    List<Connection> candidates =
        sessions.all().stream()
            .filter(session -> session.id().compareTo(question.getAfter()) > 0)
            .sorted(Comparator.comparing(Connection::id))
            .toList();
    List<ConnectionEntry> found = new ArrayList<>();
    for (int i = 0; i < candidates.size() && found.size() < question.getLimit(); i += AT_ONCE) {
      List<Connection> some = candidates.subList(i, Math.min(i + AT_ONCE, candidates.size()));
      each(some, session -> entry(session, question)).forEach(one -> one.ifPresent(found::add));
    }
    return found.subList(0, Math.min(question.getLimit(), found.size()));
  }

  private Optional<ConnectionEntry> entry(Connection session, ListConnections question) {
    String subject = question.getSubject();
    String channel = question.getChannel();
    boolean wanted =
        !session.closed()
            && (subject.isEmpty() || session.identity().subject().equals(subject))
            && (channel.isEmpty()
                || session.cursors().stream()
                    .anyMatch(cursor -> cursor.channel().toString().equals(channel)));
    return wanted
        ? Optional.of(
            ConnectionEntry.newBuilder()
                .setId(session.id())
                .setJson(ConnectionReport.of(session, gateway))
                .build())
        : Optional.empty();
  }

  /** Ends those of a subject, whose clients may come back if they still may; how many they were. */
  public int end(String subject) {
    return each(
            List.copyOf(sessions.all()),
            session -> {
              boolean theirs = !session.closed() && session.identity().subject().equals(subject);
              if (theirs) {
                session.end(Farewell.RETRY);
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
    for (Connection session : some) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      asked.add(answer);
      session
          .loop()
          .execute(
              () -> {
                try {
                  answer.complete(question.apply(session));
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
