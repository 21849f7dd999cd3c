package io.tailwater.edge.openai;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What the gateway reads of the body of a request for a completion. The rest is the model's.
 *
 * @param model its name; empty for the default
 * @param streamed whether the answer is streamed
 * @param includeUsage whether a stream ends with a chunk that has the usage
 */
record ChatRequest(String model, boolean streamed, boolean includeUsage) {
  /**
   * Reads a body.
   *
   * @throws RequestException {@code invalid_json}, {@code invalid_request}
   */
  static ChatRequest parse(byte[] body, ObjectMapper json) {
    JsonNode root = json(body, json);
    JsonNode messages = root.get("messages");
    if (messages == null || !messages.isArray() || messages.size() == 0) {
      throw invalid("'messages' is a list of at least one message");
    }
    int at = 0;
    for (JsonNode message : messages.values()) {
      if (!message.isObject() || !isText(message.get("role"))) {
        throw invalid("'messages[" + at + "]' is an object with a 'role'");
      }
      at++;
    }
    JsonNode choices = root.get("n");
    if (isPresent(choices) && !(choices.isNumber() && choices.getIntValue() == 1)) {
      throw invalid("'n' is 1; more than one choice is not supported");
    }
    JsonNode model = root.get("model");
    if (isPresent(model) && !isText(model)) {
      throw invalid("'model' is a text");
    }
    boolean streamed = flag("stream", root.get("stream"));
    JsonNode options = root.get("stream_options");
    if (isPresent(options) && !options.isObject()) {
      throw invalid("'stream_options' is an object");
    }
    if (isPresent(options) && !streamed) {
      throw invalid("'stream_options' goes with stream: true only");
    }
    return new ChatRequest(
        isPresent(model) ? model.getStringValue() : "",
        streamed,
        isPresent(options) && flag("stream_options.include_usage", options.get("include_usage")));
  }

  private static JsonNode json(byte[] body, ObjectMapper json) {
    JsonNode root = null;
    try {
      root = json.readValue(body, Argument.of(JsonNode.class));
    } catch (IOException e) {
      // Refused below.
    }
    if (root == null || !root.isObject()) {
      throw new RequestException(
          ErrorCode.INVALID_JSON, "the body must be a JSON object with 'model' and 'messages'");
    }
    return root;
  }

  private static boolean flag(String name, @Nullable JsonNode value) {
    if (value == null || value.isNull()) {
      return false;
    }
    if (!value.isBoolean()) {
      throw invalid("'" + name + "' is true or false");
    }
    return value.getBooleanValue();
  }

  @org.jspecify.annotations.NullUnmarked
  private static boolean isPresent(JsonNode node) {
    return node != null && !node.isNull();
  }

  private static boolean isText(@Nullable JsonNode node) {
    return node != null && node.isString();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
