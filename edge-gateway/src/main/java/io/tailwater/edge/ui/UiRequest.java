package io.tailwater.edge.ui;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * What {@code useChat} posts.
 *
 * @param chatId names the chat
 * @param trigger {@code submit-message} or {@code regenerate-message}
 * @param messageId what the client says is submitted again or regenerated; empty if it does not
 * @param lastId the id of the last message; empty if it has none
 * @param continued the id of the assistant's message that the answer continues, after a tool call;
 *     empty for a new message
 * @param model its name; empty for the default
 * @param chat the conversation as a request of OpenAI's protocol
 */
record UiRequest(
    String chatId,
    String trigger,
    String messageId,
    String lastId,
    String continued,
    String model,
    byte[] chat) {

  private static final int MAX_ID_CHARS = 255;

  /**
   * Reads a body. Fields that are not known here are the application's own, and have no effect.
   *
   * @throws RequestException {@code invalid_json}, {@code invalid_request}
   */
  static UiRequest parse(byte[] body, ObjectMapper json) {
    JsonNode root = json(body, json);
    String chatId = id("id", root.get("id"));
    if (chatId.isEmpty()) {
      throw invalid("'id' is the id of the chat");
    }
    String trigger = text("trigger", root.get("trigger"), "submit-message");
    if (!trigger.equals("submit-message") && !trigger.equals("regenerate-message")) {
      throw invalid("'trigger' is submit-message or regenerate-message");
    }
    JsonNode messages = root.get("messages");
    if (messages == null || !messages.isArray() || messages.size() == 0) {
      throw invalid("'messages' is a list of at least one message");
    }
    JsonNode last = messages.get(messages.size() - 1);
    String lastId = last != null && last.isObject() ? id("messages[].id", last.get("id")) : "";
    return new UiRequest(
        chatId,
        trigger,
        id("messageId", root.get("messageId")),
        lastId,
        isAssistant(last) ? lastId : "",
        text("model", root.get("model"), ""),
        UiMessages.toChat(root, messages));
  }

  /** What makes a repetition of this request the same request. */
  String name() {
    return trigger + "\n" + messageId + "\n" + lastId;
  }

  private static boolean isAssistant(@Nullable JsonNode message) {
    JsonNode role = message != null && message.isObject() ? message.get("role") : null;
    return role != null && role.isString() && role.getStringValue().equals("assistant");
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
          ErrorCode.INVALID_JSON, "the body must be a JSON object with 'id' and 'messages'");
    }
    return root;
  }

  private static String id(String name, @Nullable JsonNode node) {
    String id = text(name, node, "");
    if (id.length() > MAX_ID_CHARS) {
      throw invalid("'" + name + "' has at most " + MAX_ID_CHARS + " characters");
    }
    return id;
  }

  private static String text(String name, @Nullable JsonNode node, String otherwise) {
    if (node == null || node.isNull()) {
      return otherwise;
    }
    if (!node.isString()) {
      throw invalid("'" + name + "' is a text");
    }
    return node.getStringValue();
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
