package io.tailwater.core.state;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.google.protobuf.ByteString;
import io.tailwater.contract.Text;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Stateless: JSON values in their RFC 8785 form, by which elements of sets are equal. */
public final class Canonical {
  private static final JsonFactory JSON = new JsonFactory();

  private Canonical() {}

  /**
   * The elements of a JSON array, in their order; null if it is not an array, or an element has no
   * RFC 8785 form: a repeated name, or a number or text that is out of bounds.
   */
  public static @Nullable List<String> elements(byte[] json) {
    try (JsonParser parser = JSON.createParser(json)) {
      if (parser.nextToken() != JsonToken.START_ARRAY) {
        return null;
      }
      List<String> elements = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        elements.add(value(parser));
      }
      return parser.nextToken() == null ? elements : null;
    } catch (IOException e) {
      return null;
    }
  }

  /** An array of elements that have this form. */
  static ByteString array(Collection<String> elements) {
    return ByteString.copyFromUtf8("[" + String.join(",", elements) + "]");
  }

  private static String value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case VALUE_STRING -> quoted(wellFormed(parser.getText()));
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser);
      case VALUE_TRUE -> "true";
      case VALUE_FALSE -> "false";
      case VALUE_NULL -> "null";
      case START_ARRAY -> list(parser);
      case START_OBJECT -> object(parser);
      default -> throw new IOException("not a value");
    };
  }

  private static String number(JsonParser parser) throws IOException {
    double value = parser.getDoubleValue();
    if (!Double.isFinite(value)) {
      throw new IOException("out of bounds");
    }
    return Numbers.canonical(value);
  }

  private static String list(JsonParser parser) throws IOException {
    List<String> values = new ArrayList<>();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      values.add(value(parser));
    }
    return "[" + String.join(",", values) + "]";
  }

  private static String object(JsonParser parser) throws IOException {
    Map<String, String> fields = new TreeMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = wellFormed(parser.currentName());
      parser.nextToken();
      if (fields.put(name, value(parser)) != null) {
        throw new IOException("a name stands twice");
      }
    }
    return fields.entrySet().stream()
        .map(field -> quoted(field.getKey()) + ":" + field.getValue())
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String wellFormed(String text) throws IOException {
    if (Text.malformedAt(text) != Text.WELL_FORMED) {
      throw new IOException("half of a surrogate pair");
    }
    return text;
  }

  private static String quoted(String text) {
    StringBuilder out = new StringBuilder(text.length() + 2).append('"');
    for (int i = 0; i < text.length(); i++) {
      char unit = text.charAt(i);
      switch (unit) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\b' -> out.append("\\b");
        case '\t' -> out.append("\\t");
        case '\n' -> out.append("\\n");
        case '\f' -> out.append("\\f");
        case '\r' -> out.append("\\r");
        default -> {
          if (unit < ' ') {
            out.append(String.format("\\u%04x", (int) unit));
          } else {
            out.append(unit);
          }
        }
      }
    }
    return out.append('"').toString();
  }
}
