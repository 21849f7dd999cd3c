package io.tailwater.edge.connection;

import io.tailwater.edge.log.Cursor;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;

/** What there is to know of a connection, as JSON; made on its session's event loop. */
final class ConnectionReport {
  /** Most channels that are shown of one connection: those that are behind most. */
  private static final int MOST_CHANNELS = 32;

  private ConnectionReport() {}

  static String of(Connection session, String gateway) {
    List<Cursor> shown =
        session.cursors().stream()
            .sorted(Comparator.comparingLong(Cursor::lag).reversed())
            .limit(MOST_CHANNELS)
            .toList();
    StringJoiner channels = new StringJoiner(",", "[", "]");
    shown.forEach(cursor -> channels.add(channel(cursor)));
    return "{\"connection\":"
        + EventJson.quoted(session.id())
        + ",\"gateway\":"
        + EventJson.quoted(gateway)
        + ",\"subject\":"
        + EventJson.quoted(session.identity().subject())
        + ",\"transport\":"
        + EventJson.quoted(ConnectionMetrics.name(session.transport()))
        + ",\"address\":"
        + EventJson.quoted(session.identity().address())
        + ",\"since_ms\":"
        + session.sinceMs()
        + ",\"channels\":"
        + channels
        + ",\"channel_count\":"
        + session.cursors().size()
        + ",\"buffered_bytes\":"
        + session.transport().bufferedBytes()
        + "}";
  }

  private static String channel(Cursor cursor) {
    Cursor.Standing standing = cursor.standing();
    return "{\"channel\":"
        + EventJson.quoted(cursor.channel().toString())
        + ",\"position\":\""
        + cursor.position()
        + "\",\"lag\":"
        + cursor.lag()
        + ",\"state\":\""
        + standing.state()
        + (standing.reason().isEmpty() ? "\"" : "\",\"reason\":\"" + standing.reason() + "\"")
        + "}";
  }
}
