package io.tailwater.edge.ai;

import io.micronaut.core.type.Argument;
import io.micronaut.json.tree.JsonNode;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.v1.Event;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An event of an AI stream, as far as clients of other protocols are shown it. Immutable. */
public sealed interface AnswerEvent {
  /** The answer waits for a place; so many run before it. */
  record Queued(int ahead) implements AnswerEvent {}

  /** The model begins to answer. */
  record Start() implements AnswerEvent {}

  /**
   * A piece of a part.
   *
   * @param kind {@code text}, {@code reasoning} or {@code tool_call}
   * @param id of the call, with the first piece of a tool call; else empty
   * @param name of the tool, with the first piece of a tool call; else empty
   */
  record Delta(int part, String kind, String id, String name, String text) implements AnswerEvent {}

  /** The end. */
  record Finish(String reason, int promptTokens, int completionTokens) implements AnswerEvent {
    /** Whether the answer was cancelled before its end. */
    public boolean cancelled() {
      return reason.equals("cancelled");
    }
  }

  /** The end of an answer that broke off. */
  record Failed(String code, String message) implements AnswerEvent {}

  /** Whether nothing follows it. */
  default boolean ends() {
    return this instanceof Finish || this instanceof Failed;
  }

  /** Reads an event; null if it has another form. */
  static @Nullable AnswerEvent of(Event event, ObjectMapper json) {
    JsonNode data;
    try {
      data = json.readValue(event.getData().toByteArray(), Argument.of(JsonNode.class));
    } catch (IOException notOurs) {
      return null;
    }
    if (data == null || !data.isObject()) {
      return null;
    }
    return switch (event.getType()) {
      case "queued" -> new Queued(number(data.get("ahead")));
      case "start" -> new Start();
      case "delta" ->
          new Delta(
              number(data.get("part")),
              text(data.get("kind")),
              text(data.get("id")),
              text(data.get("name")),
              text(data.get("text")));
      case "finish" -> {
        JsonNode usage = data.get("usage");
        boolean counted = usage != null && usage.isObject();
        yield new Finish(
            text(data.get("finish_reason")),
            counted ? number(usage.get("prompt_tokens")) : 0,
            counted ? number(usage.get("completion_tokens")) : 0);
      }
      case "failed" -> new Failed(text(data.get("code")), text(data.get("message")));
      default -> null;
    };
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isString() ? node.getStringValue() : "";
  }

  private static int number(@Nullable JsonNode node) {
    return node != null && node.isNumber() ? node.getIntValue() : 0;
  }
}
