package io.tailwater.edge.openai;

import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.edge.ai.AnswerEvent;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Confined to its connection's event loop: gathers an answer that is sent as a whole. */
final class WholeAnswer {
  /** An answer that is longer is a fault of its model. */
  private static final int MAX_CHARS = 16 << 20;

  private final StringBuilder text = new StringBuilder();
  private final StringBuilder reasoning = new StringBuilder();

  /** By their parts. */
  private final Map<Integer, Call> calls = new LinkedHashMap<>();

  private int chars;

  private record Call(String id, String name, StringBuilder arguments) {}

  /**
   * Adds a piece.
   *
   * @return whether there is room for more
   */
  boolean add(AnswerEvent.Delta piece) {
    chars += piece.text().length();
    switch (piece.kind()) {
      case "reasoning" -> reasoning.append(piece.text());
      case "tool_call" ->
          calls
              .computeIfAbsent(
                  piece.part(), first -> new Call(piece.id(), piece.name(), new StringBuilder()))
              .arguments()
              .append(piece.text());
      default -> text.append(piece.text());
    }
    return chars <= MAX_CHARS;
  }

  /** About how many bytes it takes. */
  long bytes() {
    return 2L * chars;
  }

  /** Writes the fields of the message. */
  void write(JsonGenerator message) throws IOException {
    message.writeStringField(
        "content", text.isEmpty() && !calls.isEmpty() ? null : text.toString());
    message.writeNullField("refusal");
    if (!reasoning.isEmpty()) {
      message.writeStringField("reasoning_content", reasoning.toString());
    }
    if (!calls.isEmpty()) {
      message.writeArrayFieldStart("tool_calls");
      for (Call call : calls.values()) {
        message.writeStartObject();
        message.writeStringField("id", call.id());
        message.writeStringField("type", "function");
        message.writeObjectFieldStart("function");
        message.writeStringField("name", call.name());
        message.writeStringField("arguments", call.arguments().toString());
        message.writeEndObject();
        message.writeEndObject();
      }
      message.writeEndArray();
    }
  }
}
