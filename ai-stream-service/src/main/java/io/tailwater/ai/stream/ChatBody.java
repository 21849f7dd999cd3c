package io.tailwater.ai.stream;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.model.Prompt.Message;
import io.tailwater.ai.model.Prompt.Role;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Reads a prompt from the body of a client of OpenAI's protocol: what the mocks and our limits need
 * of it. Models behind a server get the body itself.
 */
final class ChatBody {
  private static final ObjectMapper JSON = ObjectMapper.getDefault();

  private ChatBody() {}

  /**
   * Reads a prompt.
   *
   * @param maxTokens highest number of tokens that a client may ask for
   * @param maxPromptChars longest prompt, all messages together, UTF-16 units
   * @throws io.tailwater.contract.RequestException {@code invalid_request}
   */
  static Prompt prompt(String body, int maxTokens, int maxPromptChars) {
    JsonNode root = root(body);
    List<Message> messages = new ArrayList<>();
    long chars = 0;
    JsonNode list = root.get("messages");
    if (list != null && list.isArray()) {
      for (JsonNode each : list.values()) {
        Message message = message(each);
        chars += message.content().length();
        messages.add(message);
      }
    }
    if (messages.isEmpty()) {
      throw InvalidRequest.because("'messages' is a list of at least one message");
    }
    if (chars > maxPromptChars) {
      throw InvalidRequest.because("'messages' has at most " + maxPromptChars + " characters");
    }
    JsonNode seed = root.get("seed");
    JsonNode temperature = root.get("temperature");
    return new Prompt(
        messages,
        maxTokens(root, maxTokens),
        isNumber(temperature)
            ? OptionalDouble.of(temperature.getDoubleValue())
            : OptionalDouble.empty(),
        isNumber(seed) ? OptionalLong.of(seed.getLongValue()) : OptionalLong.empty(),
        body);
  }

  private static JsonNode root(String body) {
    try {
      JsonNode root = JSON.readValue(body, Argument.of(JsonNode.class));
      if (root != null && root.isObject()) {
        return root;
      }
    } catch (IOException e) {
      // Refused below.
    }
    throw InvalidRequest.because("the body is not a JSON object");
  }

  private static OptionalInt maxTokens(JsonNode root, int most) {
    for (String name : List.of("max_completion_tokens", "max_tokens")) {
      JsonNode number = root.get(name);
      if (number != null && !number.isNull()) {
        if (!number.isNumber() || number.getLongValue() < 1 || number.getLongValue() > most) {
          throw InvalidRequest.because("'" + name + "' is from 1 to " + most);
        }
        return OptionalInt.of(number.getIntValue());
      }
    }
    return OptionalInt.empty();
  }

  private static Message message(JsonNode message) {
    JsonNode role = message.isObject() ? message.get("role") : null;
    String name = role != null && role.isString() ? role.getStringValue() : "";
    return new Message(
        switch (name) {
          case "system", "developer" -> Role.SYSTEM;
          case "assistant" -> Role.ASSISTANT;
          case "tool", "function" -> Role.TOOL;
          case "user" -> Role.USER;
          default ->
              throw InvalidRequest.because(
                  "'messages' has a message with the role '"
                      + InvalidRequest.shortened(name)
                      + "'; roles are system, developer, user, assistant and tool");
        },
        message.isObject() ? content(message.get("content")) : "");
  }

  /** The text; of several parts, all their texts. */
  private static String content(@Nullable JsonNode content) {
    if (content == null) {
      return "";
    }
    if (content.isString()) {
      return content.getStringValue();
    }
    StringBuilder text = new StringBuilder();
    if (content.isArray()) {
      for (JsonNode part : content.values()) {
        JsonNode piece = part.isObject() ? part.get("text") : null;
        if (piece != null && piece.isString()) {
          text.append(piece.getStringValue());
        }
      }
    }
    return text.toString();
  }

  @org.jspecify.annotations.NullUnmarked
  private static boolean isNumber(JsonNode node) {
    return node != null && node.isNumber();
  }
}
