package io.tailwater.core;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.UnsafeByteOperations;
import java.io.IOException;

/** Whether bytes are what a namespace of {@code json} or {@code text} promises. */
final class JsonText {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private JsonText() {}

  /** Exactly one JSON value (RFC 8259) in UTF-8, with nothing but white space around it. */
  static boolean isJson(byte[] data) {
    if (!beginsLikeJson(data) || !isUtf8(data)) {
      return false;
    }
    try (JsonParser parser = JSON.createParser(data)) {
      JsonToken token = parser.nextToken();
      if (token == null) {
        return false;
      }
      parser.skipChildren();
      parser.finishToken();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  /** Well-formed UTF-8, as the Unicode standard has it. */
  static boolean isUtf8(byte[] data) {
    return UnsafeByteOperations.unsafeWrap(data).isValidUtf8();
  }

  /**
   * Keeps the parser from taking the bytes for UTF-16 or UTF-32, which it would recognise by a byte
   * order mark or by zeros.
   */
  private static boolean beginsLikeJson(byte[] data) {
    if (data.length == 0 || (data.length > 1 && data[1] == 0)) {
      return false;
    }
    byte first = data[0];
    return first > 0 && " \t\r\n{[\"-0123456789tfn".indexOf(first) >= 0;
  }
}
