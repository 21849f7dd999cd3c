package io.tailwater.system;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Set;

/** JSON as these tests read and write it. */
public final class Json {
  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .build();

  private Json() {}

  /**
   * @throws JsonProcessingException if this is not just one JSON value
   */
  public static JsonNode read(String text) throws JsonProcessingException {
    return MAPPER.readTree(text);
  }

  /**
   * For readers of connections, to whom an {@code IOException} is the network's.
   *
   * @throws IllegalStateException if this is not just one JSON value
   */
  public static JsonNode tree(String text) {
    try {
      return read(text);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("no JSON: " + text, e);
    }
  }

  /**
   * @throws IllegalStateException if there is a field beside these
   */
  public static void requireOnly(JsonNode object, Set<String> fields) {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!fields.contains(name)) {
                throw new IllegalStateException(
                    "the contract has no field " + name + ": " + object);
              }
            });
  }

  /**
   * A string that has to be there.
   *
   * @throws IllegalStateException if it is not
   */
  public static String text(JsonNode object, String field) {
    if (!object.path(field).isTextual()) {
      throw new IllegalStateException("no text as " + field + ": " + object);
    }
    return object.path(field).asText();
  }

  /** A string that may be left out. */
  public static String textOrEmpty(JsonNode object, String field) {
    return object.has(field) ? text(object, field) : "";
  }

  public static String write(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("this can't be written as JSON: " + value, e);
    }
  }
}
