package io.tailwater.edge.connection;

import io.tailwater.edge.log.Cursor;
import java.util.Comparator;
import java.util.List;
import java.util.StringJoiner;

/** Stateless: describes a connection as JSON, on the connection's event loop. */
final class ConnectionReport {
  /** Most channels that are shown of one connection: those that are furthest behind. */
  private static final int MAX_CHANNELS = 32;

  private ConnectionReport() {}

  static String of(Connection connection, String gateway) {
    List<Cursor> shown =
        connection.cursors().stream()
            .sorted(Comparator.comparingLong(Cursor::lag).reversed())
            .limit(MAX_CHANNELS)
            .toList();
    StringJoiner channels = new StringJoiner(",", "[", "]");
    shown.forEach(cursor -> channels.add(channel(cursor)));
    return "{\"connection\":"
        + EventJson.quoted(connection.id())
        + ",\"gateway\":"
        + EventJson.quoted(gateway)
        + ",\"subject\":"
        + EventJson.quoted(connection.identity().subject())
        + ",\"transport\":"
        + EventJson.quoted(connection.transport())
        + ",\"address\":"
        + EventJson.quoted(connection.identity().address())
        + ",\"since_ms\":"
        + connection.sinceMs()
        + ",\"channels\":"
        + channels
        + ",\"channel_count\":"
        + connection.cursors().size()
        + ",\"buffered_bytes\":"
        + connection.bufferedBytes()
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
