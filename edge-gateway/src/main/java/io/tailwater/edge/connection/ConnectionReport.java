package io.tailwater.edge.connection;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.edge.log.Standing;
import io.tailwater.edge.log.Subscription;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;

/** Stateless: describes a connection as JSON, on the connection's event loop. */
final class ConnectionReport {
  /** Most channels that are shown of one connection: those that are furthest behind. */
  private static final int MAX_CHANNELS = 32;

  private ConnectionReport() {}

  static String of(Connection connection, String gateway) {
    List<Subscription> shown =
        connection.subscriptions().stream()
            .sorted(Comparator.comparingLong(Subscription::lag).reversed())
            .limit(MAX_CHANNELS)
            .toList();
    return JsonText.object(
        json -> {
          json.writeStringField("connection", connection.id());
          json.writeStringField("gateway", gateway);
          json.writeStringField("subject", connection.identity().subject());
          json.writeStringField("transport", connection.transport());
          json.writeStringField("address", connection.identity().address());
          json.writeNumberField("since_ms", connection.sinceMs());
          json.writeArrayFieldStart("channels");
          for (Subscription subscription : shown) {
            channel(subscription, json);
          }
          json.writeEndArray();
          json.writeNumberField("channel_count", connection.subscriptions().size());
          json.writeNumberField("buffered_bytes", connection.bufferedBytes());
        });
  }

  private static void channel(Subscription subscription, JsonGenerator json) throws IOException {
    Standing standing = subscription.standing();
    json.writeStartObject();
    json.writeStringField("channel", subscription.scope().toString());
    json.writeStringField("position", subscription.position());
    json.writeNumberField("lag", subscription.lag());
    json.writeStringField("state", standing.state());
    if (!standing.reason().isEmpty()) {
      json.writeStringField("reason", standing.reason());
    }
    json.writeEndObject();
  }
}
