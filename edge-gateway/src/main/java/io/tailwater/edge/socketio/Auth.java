package io.tailwater.edge.socketio;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What a client hands in when it connects to a namespace: its application's {@code auth}, and what
 * its library adds. Immutable.
 *
 * @param token empty for none
 * @param meta whether events come with what is known of them besides their data
 * @param pid the session that it had before; null for none
 * @param offset the last argument of the last event that it got; empty for none
 */
record Auth(String token, boolean meta, @Nullable String pid, String offset) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Reads an object that {@link SocketPacket} has found to be JSON; other fields are ignored. */
  static Auth read(byte[] payload) {
    String token = "";
    boolean meta = false;
    String pid = null;
    String offset = "";
    if (payload.length > 0) {
      try (JsonParser parser = JSON.createParser(payload)) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          JsonToken value = parser.nextToken();
          boolean text = value == JsonToken.VALUE_STRING;
          switch (name) {
            case "token" -> token = text ? parser.getText() : token;
            case "meta" -> meta = value == JsonToken.VALUE_TRUE;
            case "pid" -> pid = text ? parser.getText() : pid;
            case "offset" -> offset = text ? parser.getText() : offset;
            default -> parser.skipChildren();
          }
          parser.skipChildren();
        }
      } catch (IOException e) {
        throw new IllegalStateException("the payload was JSON a moment ago", e);
      }
    }
    return new Auth(token, meta, pid, offset);
  }
}
