package io.tailwater.edge.socketio;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.tailwater.contract.EventData;
import io.tailwater.contract.Text;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A packet of Socket.IO that a client has sent, without its attachments. Immutable.
 *
 * @param namespace with its slash
 * @param id of an event that is to be acknowledged, or of what is acknowledged; {@link #NO_ID}
 * @param attachments how many messages of bytes follow
 * @param payload JSON as it was written; empty for none. That of events is an array whose first
 *     value is the name
 */
record SocketPacket(Type type, String namespace, long id, int attachments, byte[] payload) {
  /** The types, in the order of their digits. */
  enum Type {
    CONNECT,
    DISCONNECT,
    EVENT,
    ACK,
    CONNECT_ERROR,
    BINARY_EVENT,
    BINARY_ACK
  }

  /** The namespace of a packet that names none. */
  static final String MAIN = "/";

  /** Of a packet without an id. */
  static final long NO_ID = -1;

  /** Most attachments of a packet. */
  static final int MAX_ATTACHMENTS = 64;

  /** Names that the library keeps for itself. */
  static final Set<String> RESERVED =
      Set.of(
          "connect",
          "connect_error",
          "disconnect",
          "disconnecting",
          "newListener",
          "removeListener");

  private static final Type[] TYPES = Type.values();
  private static final int MAX_NUMBER_DIGITS = 15;
  private static final int MAX_NAMESPACE_BYTES = 256;
  private static final JsonFactory JSON = new JsonFactory();

  /** Reads a packet; null if it is malformed. */
  static @Nullable SocketPacket read(byte[] text) {
    return new Scan(text).packet();
  }

  /** Reads one text. Confined to a call. */
  private static final class Scan {
    private final byte[] text;
    private int at;

    Scan(byte[] text) {
      this.text = text;
    }

    @Nullable SocketPacket packet() {
      int digit = peek() - '0';
      if (digit < 0 || digit >= TYPES.length) {
        return null;
      }
      at++;
      Type type = TYPES[digit];
      int attachments = 0;
      if (type == Type.BINARY_EVENT || type == Type.BINARY_ACK) {
        long many = number();
        if (many < 0 || many > MAX_ATTACHMENTS || peek() != '-') {
          return null;
        }
        at++;
        attachments = (int) many;
      }
      String namespace = namespace();
      long id = number();
      byte[] payload = Arrays.copyOfRange(text, at, text.length);
      return namespace == null || id < NO_ID || !fits(type, payload)
          ? null
          : new SocketPacket(type, namespace, id, attachments, payload);
    }

    private int peek() {
      return at < text.length ? text[at] : -1;
    }

    private @Nullable String namespace() {
      if (peek() != '/') {
        return MAIN;
      }
      int start = at;
      while (at < text.length && text[at] != ',') {
        at++;
      }
      byte[] name = Arrays.copyOfRange(text, start, at);
      at = Math.min(at + 1, text.length);
      if (name.length > MAX_NAMESPACE_BYTES || Text.malformedAt(name) != Text.WELL_FORMED) {
        return null;
      }
      String whole = new String(name, StandardCharsets.UTF_8);
      int query = whole.indexOf('?');
      return query < 0 ? whole : whole.substring(0, query);
    }

    /** {@link #NO_ID} if there is none, less if it is too large. */
    private long number() {
      int start = at;
      long number = 0;
      while (peek() >= '0' && peek() <= '9') {
        if (at - start == MAX_NUMBER_DIGITS) {
          return NO_ID - 1;
        }
        number = 10 * number + text[at++] - '0';
      }
      return at == start ? NO_ID : number;
    }
  }

  private static boolean fits(Type type, byte[] payload) {
    return switch (type) {
      case CONNECT -> payload.length == 0 || begins(payload) == JsonToken.START_OBJECT;
      case DISCONNECT -> payload.length == 0;
      case CONNECT_ERROR ->
          begins(payload) == JsonToken.START_OBJECT || begins(payload) == JsonToken.VALUE_STRING;
      case EVENT, BINARY_EVENT -> {
        String name = name(payload);
        yield name != null && !RESERVED.contains(name);
      }
      case ACK, BINARY_ACK -> begins(payload) == JsonToken.START_ARRAY;
    };
  }

  private static @Nullable JsonToken begins(byte[] payload) {
    if (!EventData.isJson(payload)) {
      return null;
    }
    try (JsonParser parser = JSON.createParser(payload)) {
      return parser.nextToken();
    } catch (IOException e) {
      return null;
    }
  }

  /** The name in the payload of an event: a text, or a number as it was written; null for none. */
  private static @Nullable String name(byte[] payload) {
    if (!EventData.isJson(payload)) {
      return null;
    }
    try (JsonParser parser = JSON.createParser(payload)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return null;
      }
      JsonToken first = parser.nextToken();
      return first == JsonToken.VALUE_STRING || first != null && first.isNumeric()
          ? parser.getText()
          : null;
    } catch (IOException e) {
      return null;
    }
  }
}
