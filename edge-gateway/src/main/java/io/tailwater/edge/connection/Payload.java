package io.tailwater.edge.connection;

import com.google.protobuf.ByteString;
import java.util.List;

/**
 * What a backend sends to a client, as a push or as the result of a call. Immutable.
 *
 * @param pieces of arguments: where texts of base64 stand that are meant as bytes, in their order
 */
public record Payload(ByteString data, Kind kind, List<Piece> pieces) {
  /** How the data is meant. */
  public enum Kind {
    /** A JSON value as text. */
    JSON,
    BYTES,
    /**
     * A JSON array as text. Its elements are the arguments of an event, where a protocol has such;
     * elsewhere it is JSON.
     */
    ARGUMENTS
  }

  /**
   * Bytes inside JSON.
   *
   * @param start of their text in the data, with its quotation marks
   * @param end behind it
   */
  public record Piece(int start, int end, ByteString bytes) {}

  public Payload {
    pieces = List.copyOf(pieces);
  }

  /** A JSON value. */
  public static Payload json(ByteString text) {
    return new Payload(text, Kind.JSON, List.of());
  }

  /** Bytes. */
  public static Payload bytes(ByteString bytes) {
    return new Payload(bytes, Kind.BYTES, List.of());
  }

  /** Whether the data is bytes. */
  public boolean isBytes() {
    return kind == Kind.BYTES;
  }
}
