package io.tailwater.ai.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.json.tree.JsonNode;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread: writes the smallest value that a JSON schema describes, as far as it is
 * simple.
 */
final class SmallestInstance {
  private static final JsonFactory JSON = new JsonFactory();
  private static final int MAX_DEPTH = 64;
  private static final String DEFINITIONS = "#/";

  /** A schema of a few bytes can describe lists of lists, and refer to itself in each element. */
  private static final int MAX_VALUES = 10_000;

  private static final int MAX_CHARS = 1 << 20;

  private final JsonNode root;
  private final StringWriter text = new StringWriter();
  private int values;

  private SmallestInstance(JsonNode root) {
    this.root = root;
  }

  /**
   * The value, as JSON.
   *
   * @throws ModelException if it has more than 10,000 values or about a million characters
   */
  static String of(JsonNode schema) throws ModelException {
    SmallestInstance instance = new SmallestInstance(schema);
    try (JsonGenerator out = JSON.createGenerator(instance.text)) {
      instance.write(schema, out, 0);
    } catch (IOException e) {
      throw new UncheckedIOException("values can be written into memory", e);
    }
    return instance.text.toString();
  }

  private void write(@Nullable JsonNode schema, JsonGenerator out, int depth)
      throws IOException, ModelException {
    if (++values > MAX_VALUES || text.getBuffer().length() > MAX_CHARS) {
      throw new ModelException(
          ModelException.Kind.REFUSED,
          "a JSON schema of this request describes a value that is too large: at most "
              + MAX_VALUES
              + " values");
    }
    if (schema == null || !schema.isObject() || depth > MAX_DEPTH) {
      out.writeNull();
      return;
    }
    JsonNode reference = schema.get("$ref");
    if (reference != null && reference.isString()) {
      write(resolved(reference.getStringValue()), out, depth + 1);
      return;
    }
    JsonNode fixed = schema.get("const");
    JsonNode choices = schema.get("enum");
    if (fixed != null || choices != null && choices.isArray() && choices.size() > 0) {
      copy(fixed != null ? fixed : choices.get(0), out);
      return;
    }
    for (String combination : new String[] {"anyOf", "oneOf", "allOf"}) {
      JsonNode options = schema.get(combination);
      if (options != null && options.isArray() && options.size() > 0) {
        write(options.get(0), out, depth + 1);
        return;
      }
    }
    switch (type(schema)) {
      case "object" -> object(schema, out, depth);
      case "array" -> array(schema, out, depth);
      case "string" -> out.writeString("x".repeat(Math.min(1_000, number(schema, "minLength"))));
      case "integer", "number" -> out.writeNumber(number(schema, "minimum"));
      case "boolean" -> out.writeBoolean(false);
      default -> out.writeNull();
    }
  }

  private void object(JsonNode schema, JsonGenerator out, int depth)
      throws IOException, ModelException {
    Set<String> required = new HashSet<>();
    JsonNode names = schema.get("required");
    if (names != null && names.isArray()) {
      for (JsonNode name : names.values()) {
        if (name.isString()) {
          required.add(name.getStringValue());
        }
      }
    }
    out.writeStartObject();
    JsonNode properties = schema.get("properties");
    if (properties != null && properties.isObject()) {
      for (Map.Entry<String, JsonNode> property : properties.entries()) {
        if (required.contains(property.getKey())) {
          out.writeFieldName(property.getKey());
          write(property.getValue(), out, depth + 1);
        }
      }
    }
    out.writeEndObject();
  }

  private void array(JsonNode schema, JsonGenerator out, int depth)
      throws IOException, ModelException {
    out.writeStartArray();
    for (int i = Math.min(100, number(schema, "minItems")); i > 0; i--) {
      write(schema.get("items"), out, depth + 1);
    }
    out.writeEndArray();
  }

  private static String type(JsonNode schema) {
    JsonNode type = schema.get("type");
    if (type != null && type.isArray() && type.size() > 0) {
      type = type.get(0);
    }
    if (type != null && type.isString()) {
      return type.getStringValue();
    }
    return schema.get("properties") == null ? "null" : "object";
  }

  private static int number(JsonNode schema, String name) {
    JsonNode number = schema.get(name);
    return number != null && number.isNumber() ? Math.max(0, number.getIntValue()) : 0;
  }

  private @Nullable JsonNode resolved(String reference) {
    if (!reference.startsWith(DEFINITIONS)) {
      return null;
    }
    JsonNode node = root;
    for (String name : reference.substring(DEFINITIONS.length()).split("/")) {
      node = node != null && node.isObject() ? node.get(name) : null;
    }
    return node;
  }

  private static void copy(@Nullable JsonNode value, JsonGenerator out) throws IOException {
    if (value == null || value.isNull()) {
      out.writeNull();
    } else if (value.isString()) {
      out.writeString(value.getStringValue());
    } else if (value.isBoolean()) {
      out.writeBoolean(value.getBooleanValue());
    } else if (value.isNumber()) {
      out.writeNumber(value.coerceStringValue());
    } else if (value.isArray()) {
      out.writeStartArray();
      for (JsonNode each : value.values()) {
        copy(each, out);
      }
      out.writeEndArray();
    } else {
      out.writeStartObject();
      for (Map.Entry<String, JsonNode> each : value.entries()) {
        out.writeFieldName(each.getKey());
        copy(each.getValue(), out);
      }
      out.writeEndObject();
    }
  }
}
