package io.tailwater.edge.connection;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Scope;
import io.tailwater.contract.ScopeText;
import io.tailwater.contract.v1.ConnectionEntry;
import io.tailwater.contract.v1.EndConnections;
import io.tailwater.contract.v1.ListConnections;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

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

  /** Counts the connections, {@value #AT_ONCE} of a loop at a time so that none is held up long. */
  public Census census() {
    Map<EdgeLoop, List<Connection>> byLoop =
        connections.all().stream().collect(Collectors.groupingBy(Connection::loop));
    List<CompletableFuture<Census>> parts = new ArrayList<>();
    byLoop.forEach(
        (loop, all) -> {
          for (int i = 0; i < all.size(); i += AT_ONCE) {
            List<Connection> some = all.subList(i, Math.min(i + AT_ONCE, all.size()));
            parts.add(on(loop, () -> Census.of(some)));
          }
        });
    Census whole = new Census();
    answered(parts).forEach(whole::add);
    return whole;
  }

  private Optional<ConnectionEntry> entry(Connection connection, ListConnections question) {
    String subject = question.getSubject();
    String channel = question.getChannel();
    boolean wanted =
        !connection.closed()
            && isAnyOr(question.getConnection(), connection.id())
            && isAnyOr(subject, connection.identity().subject())
            && (channel.isEmpty()
                || connection.subscriptions().stream()
                    .anyMatch(subscription -> reads(subscription.scope(), channel)));
    return wanted
        ? Optional.of(
            ConnectionEntry.newBuilder()
                .setId(connection.id())
                .setJson(ConnectionReport.of(connection, gateway))
                .build())
        : Optional.empty();
  }

  /** Whether this is the scope's own text, or a channel that the scope covers. */
  private static boolean reads(Scope scope, String name) {
    return scope.toString().equals(name)
        || ScopeText.parse(name) instanceof Channel channel
            && scope.covers(channel.namespace(), channel.key());
  }

  /**
   * Ends connections, or their subscriptions of one channel, and returns how many. Their clients
   * may come back.
   */
  public int end(EndConnections wish) {
    return each(List.copyOf(connections.all()), connection -> end(connection, wish)).stream()
        .mapToInt(ended -> ended ? 1 : 0)
        .sum();
  }

  private static boolean end(Connection connection, EndConnections wish) {
    boolean theirs =
        !connection.closed()
            && isAnyOr(wish.getSubject(), connection.identity().subject())
            && isAnyOr(wish.getConnection(), connection.id());
    if (!theirs) {
      return false;
    }
    if (!wish.getChannel().isEmpty()) {
      return connection.unsubscribe(wish.getChannel());
    }
    connection.end(Disconnect.GOING_AWAY);
    return true;
  }

  private static boolean isAnyOr(String wanted, String actual) {
    return wanted.isEmpty() || wanted.equals(actual);
  }

  /** Asks each on its own loop; without those that do not answer in time. */
  private static <T> List<T> each(List<Connection> some, Function<Connection, T> question) {
    List<CompletableFuture<T>> asked = new ArrayList<>(some.size());
    for (Connection connection : some) {
      asked.add(on(connection.loop(), () -> question.apply(connection)));
    }
    return answered(asked);
  }

  private static <T> CompletableFuture<T> on(EdgeLoop loop, Supplier<T> question) {
    return CompletableFuture.supplyAsync(question, loop::execute);
  }

  /** The answers that come in time. */
  private static <T> List<T> answered(List<CompletableFuture<T>> asked) {
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
