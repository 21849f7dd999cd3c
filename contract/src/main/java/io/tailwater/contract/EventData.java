package io.tailwater.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.UnsafeByteOperations;
import io.tailwater.contract.v1.DataKind;
import java.io.IOException;

/** What an event's data is, as its namespace promises it or not. */
public final class EventData {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private EventData() {}

  /** What data is in a namespace that promises a kind: that kind, or else bytes. */
  public static DataKind kind(DataKind promised, byte[] data) {
    boolean kept =
        switch (promised) {
          case JSON -> isJson(data);
          case TEXT -> isUtf8(data);
          case BYTES, DATA_KIND_UNSPECIFIED, UNRECOGNIZED -> false;
        };
    return kept ? promised : DataKind.BYTES;
  }

  /** Exactly one JSON value (RFC 8259) in UTF-8, with nothing but white space around it. */
  public static boolean isJson(byte[] data) {
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
  private static boolean isUtf8(byte[] data) {
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
