package io.tailwater.ai.model;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.ModelException.Kind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a client of OpenAI's protocol demands of a mock's answer, instead of prose.
 *
 * @param call the tool that must be called; null for none
 * @param json the arguments of the call, or the whole answer if that must be JSON; null for prose
 */
record Demands(Piece.@Nullable Call call, @Nullable String json) {
  private static final ObjectMapper JSON = ObjectMapper.getDefault();
  private static final String CALL_ID = "call_1";

  /** What a mock cannot do. */
  private static final List<String> UNSUPPORTED =
      List.of(
          "stop",
          "logprobs",
          "top_logprobs",
          "audio",
          "prediction",
          "functions",
          "function_call",
          "web_search_options");

  /**
   * Reads the demands of a body.
   *
   * @param body empty for none
   * @throws ModelException if it demands what a mock cannot do
   */
  static Demands of(String body) throws ModelException {
    if (body.isEmpty()) {
      return new Demands(null, null);
    }
    JsonNode root = read(body);
    for (String name : UNSUPPORTED) {
      JsonNode value = present(root.get(name));
      if (value != null && !(value.isBoolean() && !value.getBooleanValue())) {
        throw refused(name);
      }
    }
    JsonNode modalities = present(root.get("modalities"));
    if (modalities != null
        && !(modalities.isArray() && modalities.size() == 1 && isText(modalities.get(0), "text"))) {
      throw refused("modalities");
    }
    JsonNode tool = forcedTool(root);
    if (tool != null) {
      JsonNode parameters = present(tool.get("parameters"));
      return new Demands(
          new Piece.Call(CALL_ID, text(tool.get("name"))),
          parameters == null ? "{}" : SmallestInstance.of(parameters));
    }
    return new Demands(null, format(present(root.get("response_format"))));
  }

  private static @Nullable String format(@Nullable JsonNode format) throws ModelException {
    if (format == null || !format.isObject()) {
      return null;
    }
    return switch (text(format.get("type"))) {
      case "text" -> null;
      case "json_object" -> "{}";
      case "json_schema" -> {
        JsonNode named = present(format.get("json_schema"));
        JsonNode schema = named != null && named.isObject() ? present(named.get("schema")) : null;
        if (schema == null) {
          throw new ModelException(
              Kind.REFUSED, "'response_format.json_schema.schema' is a JSON schema");
        }
        yield SmallestInstance.of(schema);
      }
      default -> throw refused("response_format.type");
    };
  }

  /** The function that must be called; null if the model may choose. */
  private static @Nullable JsonNode forcedTool(JsonNode root) throws ModelException {
    JsonNode choice = present(root.get("tool_choice"));
    if (choice == null || isText(choice, "auto") || isText(choice, "none")) {
      return null;
    }
    JsonNode wanted = choice.isObject() ? present(choice.get("function")) : null;
    String name = wanted != null && wanted.isObject() ? text(wanted.get("name")) : "";
    JsonNode tools = present(root.get("tools"));
    if (tools != null && tools.isArray()) {
      for (JsonNode tool : tools.values()) {
        JsonNode function = tool.isObject() ? present(tool.get("function")) : null;
        if (function != null
            && function.isObject()
            && (name.isEmpty() || isText(function.get("name"), name))) {
          return function;
        }
      }
    }
    throw new ModelException(Kind.REFUSED, "'tool_choice' names none of the 'tools'");
  }

  private static ModelException refused(String name) {
    return new ModelException(
        Kind.REFUSED, "'" + name + "' is not supported by the mock models; leave it out");
  }

  private static JsonNode read(String body) {
    try {
      JsonNode root = JSON.readValue(body, Argument.of(JsonNode.class));
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the body was read before", e);
    }
    throw new IllegalArgumentException("a body is a JSON object");
  }

  private static @Nullable JsonNode present(@Nullable JsonNode node) {
    return node == null || node.isNull() ? null : node;
  }

  private static boolean isText(@Nullable JsonNode node, String text) {
    return text(node).equals(text);
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isString() ? node.getStringValue() : "";
  }
}
