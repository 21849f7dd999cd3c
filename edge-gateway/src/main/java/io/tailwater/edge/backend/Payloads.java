package io.tailwater.edge.backend;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.EventData;
import io.tailwater.contract.backend.v1.Encoding;
import io.tailwater.edge.connection.Payload;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a backend sends to clients. Stateless. */
final class Payloads {
  /** More than this the client's library does not take in one packet. */
  static final int MAX_PIECES = 10;

  private static final JsonFactory JSON = new JsonFactory();

  private Payloads() {}

  /**
   * What the data is; null if it is not what its encoding says.
   *
   * @param bytesAt JSON Pointers to texts of base64 that are meant as bytes
   */
  static @Nullable Payload read(ByteString data, Encoding encoding, List<String> bytesAt) {
    if (encoding != Encoding.ENCODING_ARGUMENTS && !bytesAt.isEmpty()) {
      return null;
    }
    return switch (encoding) {
      case ENCODING_BYTES -> Payload.bytes(data);
      case ENCODING_JSON -> EventData.isJson(data.toByteArray()) ? Payload.json(data) : null;
      case ENCODING_ARGUMENTS -> arguments(data.toByteArray(), bytesAt);
      case UNRECOGNIZED -> null;
    };
  }

  private static @Nullable Payload arguments(byte[] json, List<String> bytesAt) {
    if (!EventData.isJson(json) || bytesAt.size() > MAX_PIECES) {
      return null;
    }
    Set<String> wanted = new HashSet<>(bytesAt);
    List<Payload.Piece> pieces = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return null;
      }
      int start = (int) parser.currentTokenLocation().getByteOffset();
      JsonToken token = parser.nextToken();
      while (token != null) {
        if (token == JsonToken.VALUE_STRING
            && !wanted.isEmpty()
            && wanted.remove(parser.getParsingContext().pathAsPointer().toString())) {
          pieces.add(piece(parser, start));
        }
        token = parser.nextToken();
      }
      return wanted.isEmpty()
          ? new Payload(trimmed(json, start), Payload.Kind.ARGUMENTS, pieces)
          : null;
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  /** Where the array stands, without the white space around it. */
  private static ByteString trimmed(byte[] json, int start) {
    int last = json.length;
    while (json[last - 1] != ']') {
      last--;
    }
    return ByteString.copyFrom(json, start, last - start);
  }

  private static Payload.Piece piece(JsonParser parser, int start) throws IOException {
    ByteString bytes = ByteString.copyFrom(Base64.getDecoder().decode(parser.getText()));
    parser.finishToken();
    return new Payload.Piece(
        (int) parser.currentTokenLocation().getByteOffset() - start,
        (int) parser.currentLocation().getByteOffset() - start,
        bytes);
  }
}
