package io.tailwater.javaclient;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;

/** JSON as the platform has it: numbers are kept exactly, whatever their size. */
final class Json {
  // Data may have 1,000 levels, and stand inside of an answer.
  private static final int MAX_NESTING = 1_100;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_NESTING).build())
                  .build())
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Json() {}

  static ObjectNode object() {
    return MAPPER.createObjectNode();
  }

  static JsonNode parse(String text) {
    try {
      return MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    }
  }

  static JsonNode parse(byte[] bytes) {
    try {
      return MAPPER.readTree(bytes);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  /** A server that does not speak JSON here is a proxy, or in trouble. */
  private static TailwaterException unreadable(IOException e) {
    TailwaterException failure = TailwaterException.unavailable("the answer is not JSON");
    failure.initCause(e);
    return failure;
  }

  /** A value of the application as JSON. */
  static JsonNode of(Object value) {
    if (value instanceof JsonNode json) {
      return json;
    }
    try {
      return MAPPER.valueToTree(value);
    } catch (IllegalArgumentException e) {
      TailwaterException failure =
          TailwaterException.lasting(
              "invalid_request",
              "data is a JSON value, bytes, or what Jackson writes as JSON: " + e.getMessage());
      failure.initCause(e);
      throw failure;
    }
  }

  /** JSON as a value of the application. */
  static <T> T to(Class<T> type, JsonNode json) {
    try {
      return MAPPER.treeToValue(json, type);
    } catch (JsonProcessingException e) {
      TailwaterException failure =
          TailwaterException.lasting(
              "invalid_json",
              "the data does not fit " + type.getSimpleName() + ": " + e.getOriginalMessage());
      failure.initCause(e);
      throw failure;
    }
  }
}
