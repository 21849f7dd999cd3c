package io.tailwater.edge.socketio;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.WrittenJson;
import io.tailwater.edge.connection.EventJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What a client hands in when it connects to a namespace: its application's {@code auth}, and what
 * its library adds. Immutable.
 *
 * @param token empty for none
 * @param meta whether events come with what is known of them besides their data
 * @param pid the session that it had before; null for none
 * @param offset the last argument of the last event that it got; empty for none
 * @param own what is the application's own, a JSON object
 */
record Auth(String token, boolean meta, @Nullable String pid, String offset, ByteString own) {
  private static final JsonFactory JSON = new JsonFactory();

  /** Most bytes of what is the application's own. */
  private static final int MAX_OWN_BYTES = 4_096;

  /**
   * Reads an object that {@link SocketPacket} has found to be JSON.
   *
   * @throws RequestException if the application's own is too large
   */
  static Auth read(byte[] payload) {
    String token = "";
    boolean meta = false;
    String pid = null;
    String offset = "";
    ByteArrayOutputStream own = new ByteArrayOutputStream();
    own.write('{');
    if (payload.length > 0) {
      try (JsonParser parser = JSON.createParser(payload)) {
        parser.nextToken();
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          String name = parser.currentName();
          JsonToken value = parser.nextToken();
          boolean text = value == JsonToken.VALUE_STRING;
          switch (name) {
            case "token" -> token = text ? parser.getText() : token;
            // The client in Java has only texts.
            case "meta" ->
                meta = value == JsonToken.VALUE_TRUE || text && parser.getText().equals("true");
            case "pid" -> pid = text ? parser.getText() : pid;
            case "offset" -> offset = text ? parser.getText() : offset;
            default -> {
              own.writeBytes(
                  ((own.size() > 1 ? "," : "") + EventJson.quoted(name) + ":")
                      .getBytes(StandardCharsets.UTF_8));
              own.writeBytes(WrittenJson.value(parser, payload));
            }
          }
          parser.skipChildren();
        }
      } catch (IOException e) {
        throw new IllegalStateException("the payload was JSON a moment ago", e);
      }
    }
    own.write('}');
    if (own.size() > MAX_OWN_BYTES) {
      throw new RequestException(
          ErrorCode.TOO_LARGE, "'auth' has at most " + MAX_OWN_BYTES + " bytes besides the token");
    }
    return new Auth(token, meta, pid, offset, ByteString.copyFrom(own.toByteArray()));
  }
}
