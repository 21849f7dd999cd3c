package io.tailwater.contract;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Parts of JSON as they were written, so that no number is read and written again. Stateless. */
public final class WrittenJson {
  private static final JsonFactory JSON = new JsonFactory();

  private WrittenJson() {}

  /**
   * The value at which a parser stands. The parser then stands at the value's end.
   *
   * @param text what it parses
   */
  public static byte[] value(JsonParser parser, byte[] text) throws IOException {
    int start = (int) parser.currentTokenLocation().getByteOffset();
    parser.skipChildren();
    parser.finishToken();
    int end = (int) parser.currentLocation().getByteOffset();
    return Arrays.copyOfRange(text, start, end);
  }

  /**
   * The values of an object's fields, in their order; of a name that stands twice, the last.
   *
   * @param object JSON that was checked
   * @throws IOException if it is not an object
   */
  public static Map<String, byte[]> fields(byte[] object) throws IOException {
    Map<String, byte[]> fields = new LinkedHashMap<>();
    try (JsonParser parser = JSON.createParser(object)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new IOException("not an object");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        parser.nextToken();
        fields.put(name, value(parser, object));
      }
    }
    return fields;
  }
}
