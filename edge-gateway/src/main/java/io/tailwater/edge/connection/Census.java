package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.contract.Scope;
import io.tailwater.edge.log.Standing;
import io.tailwater.edge.log.Subscription;
import java.io.IOException;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.TreeMap;

/**
 * Counts of connections, which say of a gateway with very many of them what an operator looks for
 * first. Confined to the event loop that counts, then to the caller that asked for it.
 */
public final class Census {
  /** The most that is written of each list. */
  private static final int MAX_ROWS = 32;

  private static final int MAX_BUSIEST = 10;
  private static final int MAX_BEHIND = 10;

  /** The most channels that are told apart; those beyond are not counted. */
  private static final int MAX_SCOPES = 20_000;

  private final Map<String, Integer> byTransport = new TreeMap<>();
  private final Map<Share, Integer> subscriptions = new HashMap<>();
  private final Map<Scope, Integer> readers = new HashMap<>();

  /** The subscriptions that are furthest behind; the least of them first. */
  private final PriorityQueue<Behind> behind =
      new PriorityQueue<>(Comparator.comparingLong(Behind::lag));

  private int connections;

  Census() {}

  /** Subscriptions of a namespace over a transport. */
  private record Share(String namespace, String transport) {}

  /** A subscription that is behind, with what the connection was when it was counted. */
  private record Behind(
      long lag,
      String channel,
      Standing standing,
      String connection,
      String subject,
      String address,
      String transport,
      long buffered) {
    void write(JsonGenerator json) throws IOException {
      json.writeStartObject();
      json.writeStringField("connection", connection);
      json.writeStringField("subject", subject);
      json.writeStringField("transport", transport);
      json.writeStringField("address", address);
      json.writeStringField("channel", channel);
      json.writeNumberField("lag", lag);
      json.writeStringField("state", standing.state());
      if (!standing.reason().isEmpty()) {
        json.writeStringField("reason", standing.reason());
      }
      json.writeNumberField("buffered_bytes", buffered);
      json.writeEndObject();
    }
  }

  /** Counts connections of one event loop, on that loop. */
  static Census of(List<Connection> some) {
    Census census = new Census();
    for (Connection connection : some) {
      if (!connection.closed()) {
        census.count(connection);
      }
    }
    return census;
  }

  private void count(Connection connection) {
    connections++;
    String transport = connection.transport();
    byTransport.merge(transport, 1, Integer::sum);
    for (Subscription subscription : connection.subscriptions()) {
      Scope scope = subscription.scope();
      subscriptions.merge(new Share(scope.namespace(), transport), 1, Integer::sum);
      countReaders(scope, 1);
      long lag = subscription.lag();
      if (lag > 0 && isAmongTheLast(lag)) {
        keep(
            new Behind(
                lag,
                scope.toString(),
                subscription.standing(),
                connection.id(),
                connection.identity().subject(),
                connection.identity().address(),
                transport,
                connection.bufferedBytes()));
      }
    }
  }

  private void countReaders(Scope scope, int count) {
    if (readers.size() < MAX_SCOPES || readers.containsKey(scope)) {
      readers.merge(scope, count, Integer::sum);
    }
  }

  private boolean isAmongTheLast(long lag) {
    Behind least = behind.peek();
    return least == null || behind.size() < MAX_BEHIND || lag > least.lag();
  }

  private void keep(Behind one) {
    behind.add(one);
    if (behind.size() > MAX_BEHIND) {
      behind.remove();
    }
  }

  /** Adds what another one has counted. */
  void add(Census other) {
    connections += other.connections;
    other.byTransport.forEach((name, count) -> byTransport.merge(name, count, Integer::sum));
    other.subscriptions.forEach((share, count) -> subscriptions.merge(share, count, Integer::sum));
    other.readers.forEach(this::countReaders);
    other.behind.forEach(this::keep);
  }

  /** Writes the counts as fields of an object, each list bounded. */
  public void write(JsonGenerator json) throws IOException {
    json.writeNumberField("connections", connections);
    json.writeObjectFieldStart("transports");
    for (Map.Entry<String, Integer> each : byTransport.entrySet()) {
      json.writeNumberField(each.getKey(), each.getValue());
    }
    json.writeEndObject();
    json.writeArrayFieldStart("subscriptions");
    for (Map.Entry<Share, Integer> each : largest(subscriptions, MAX_ROWS)) {
      json.writeStartObject();
      json.writeStringField("namespace", each.getKey().namespace());
      json.writeStringField("transport", each.getKey().transport());
      json.writeNumberField("count", each.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeNumberField("channels", readers.size());
    json.writeArrayFieldStart("busiest");
    for (Map.Entry<Scope, Integer> each : largest(readers, MAX_BUSIEST)) {
      json.writeStartObject();
      json.writeStringField("channel", each.getKey().toString());
      json.writeNumberField("readers", each.getValue());
      json.writeEndObject();
    }
    json.writeEndArray();
    json.writeArrayFieldStart("behind");
    for (Behind each :
        behind.stream().sorted(Comparator.comparingLong(Behind::lag).reversed()).toList()) {
      each.write(json);
    }
    json.writeEndArray();
  }

  private static <T> List<Map.Entry<T, Integer>> largest(Map<T, Integer> counts, int limit) {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<T, Integer>comparingByValue().reversed())
        .limit(limit)
        .toList();
  }
}
