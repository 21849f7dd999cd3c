package io.tailwater.edge.ui;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.micronaut.json.tree.JsonNode;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Confined to one call: writes the messages of the AI SDK as a request of OpenAI's protocol, as the
 * SDK's own server does. Parts that a model cannot read (sources, data, reasoning) are left out.
 */
final class UiMessages {
  private static final JsonFactory JSON = new JsonFactory();

  /** What an application may add to the body for the model. */
  private static final List<String> SETTINGS =
      List.of(
          "max_tokens",
          "max_completion_tokens",
          "temperature",
          "top_p",
          "seed",
          "stop",
          "presence_penalty",
          "frequency_penalty",
          "reasoning_effort",
          "response_format",
          "tools",
          "tool_choice",
          "parallel_tool_calls");

  private final JsonGenerator out;

  private UiMessages(JsonGenerator out) {
    this.out = out;
  }

  /** A tool that the assistant called, and what came of it. */
  private record Call(String id, String name, String input, String output) {}

  /**
   * The request.
   *
   * @param root the body, with settings for the model
   * @throws RequestException {@code invalid_request}
   */
  static byte[] toChat(JsonNode root, JsonNode messages) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator out = JSON.createGenerator(bytes)) {
      UiMessages writer = new UiMessages(out);
      out.writeStartObject();
      for (String setting : SETTINGS) {
        JsonNode value = root.get(setting);
        if (value != null && !value.isNull()) {
          out.writeFieldName(setting);
          writer.value(value);
        }
      }
      out.writeArrayFieldStart("messages");
      int at = 0;
      for (JsonNode message : messages.values()) {
        writer.message("messages[" + at++ + "]", message);
      }
      out.writeEndArray();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("JSON that was read can be written into memory", e);
    }
    return bytes.toByteArray();
  }

  private void message(String at, JsonNode message) throws IOException {
    if (!message.isObject()) {
      throw invalid("'" + at + "' is an object with 'id', 'role' and 'parts'");
    }
    JsonNode list = message.get("parts");
    if (list == null || !list.isArray()) {
      throw invalid("'" + at + ".parts' is a list");
    }
    List<JsonNode> parts = new ArrayList<>();
    for (JsonNode part : list.values()) {
      if (!part.isObject()) {
        throw invalid("'" + at + ".parts' is a list of objects with a 'type'");
      }
      parts.add(part);
    }
    switch (text(message.get("role"))) {
      case "system" -> plain("system", parts);
      case "user" -> user(parts);
      case "assistant" -> assistant(parts);
      default -> throw invalid("'" + at + ".role' is system, user or assistant");
    }
  }

  private void plain(String role, List<JsonNode> parts) throws IOException {
    out.writeStartObject();
    out.writeStringField("role", role);
    out.writeStringField("content", joined(parts));
    out.writeEndObject();
  }

  private void user(List<JsonNode> parts) throws IOException {
    if (parts.stream().noneMatch(part -> type(part).equals("file"))) {
      plain("user", parts);
      return;
    }
    out.writeStartObject();
    out.writeStringField("role", "user");
    out.writeArrayFieldStart("content");
    for (JsonNode part : parts) {
      switch (type(part)) {
        case "text" -> {
          out.writeStartObject();
          out.writeStringField("type", "text");
          out.writeStringField("text", text(part.get("text")));
          out.writeEndObject();
        }
        case "file" -> file(part);
        default -> {}
      }
    }
    out.writeEndArray();
    out.writeEndObject();
  }

  private void file(JsonNode part) throws IOException {
    boolean image = text(part.get("mediaType")).startsWith("image/");
    String kind = image ? "image_url" : "file";
    out.writeStartObject();
    out.writeStringField("type", kind);
    out.writeObjectFieldStart(kind);
    out.writeStringField(image ? "url" : "file_data", text(part.get("url")));
    if (!image && !text(part.get("filename")).isEmpty()) {
      out.writeStringField("filename", text(part.get("filename")));
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  /** Each step of the assistant is a message, followed by the results of the tools it called. */
  private void assistant(List<JsonNode> parts) throws IOException {
    List<JsonNode> step = new ArrayList<>();
    for (JsonNode part : parts) {
      if (type(part).equals("step-start")) {
        step(step);
        step.clear();
      } else {
        step.add(part);
      }
    }
    step(step);
  }

  private void step(List<JsonNode> parts) throws IOException {
    String content = joined(parts);
    List<Call> calls = new ArrayList<>();
    for (JsonNode part : parts) {
      Call call = call(part);
      if (call != null) {
        calls.add(call);
      }
    }
    if (content.isEmpty() && calls.isEmpty()) {
      return;
    }
    out.writeStartObject();
    out.writeStringField("role", "assistant");
    out.writeStringField("content", content.isEmpty() ? null : content);
    if (!calls.isEmpty()) {
      out.writeArrayFieldStart("tool_calls");
      for (Call call : calls) {
        out.writeStartObject();
        out.writeStringField("id", call.id());
        out.writeStringField("type", "function");
        out.writeObjectFieldStart("function");
        out.writeStringField("name", call.name());
        out.writeStringField("arguments", call.input());
        out.writeEndObject();
        out.writeEndObject();
      }
      out.writeEndArray();
    }
    out.writeEndObject();
    for (Call call : calls) {
      out.writeStartObject();
      out.writeStringField("role", "tool");
      out.writeStringField("tool_call_id", call.id());
      out.writeStringField("content", call.output());
      out.writeEndObject();
    }
  }

  /** A call that has a result; a model refuses a conversation with one that has none. */
  private static @Nullable Call call(JsonNode part) throws IOException {
    String type = type(part);
    boolean dynamic = type.equals("dynamic-tool");
    if (!dynamic && !type.startsWith("tool-")) {
      return null;
    }
    String name = dynamic ? text(part.get("toolName")) : type.substring("tool-".length());
    String output =
        switch (text(part.get("state"))) {
          case "output-available" -> output(part.get("output"));
          case "output-error" -> text(part.get("errorText"));
          case "output-denied" -> "the user has denied this call";
          default -> null;
        };
    return output == null
        ? null
        : new Call(text(part.get("toolCallId")), name, json(part.get("input")), output);
  }

  private static String output(@Nullable JsonNode output) throws IOException {
    return output != null && output.isString() ? output.getStringValue() : json(output);
  }

  private static String json(@Nullable JsonNode value) throws IOException {
    if (value == null) {
      return "{}";
    }
    java.io.StringWriter text = new java.io.StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      new UiMessages(out).value(value);
    }
    return text.toString();
  }

  private void value(JsonNode value) throws IOException {
    if (value.isObject()) {
      out.writeStartObject();
      for (Map.Entry<String, JsonNode> field : value.entries()) {
        out.writeFieldName(field.getKey());
        value(field.getValue());
      }
      out.writeEndObject();
    } else if (value.isArray()) {
      out.writeStartArray();
      for (JsonNode each : value.values()) {
        value(each);
      }
      out.writeEndArray();
    } else if (value.isString()) {
      out.writeString(value.getStringValue());
    } else if (value.isBoolean()) {
      out.writeBoolean(value.getBooleanValue());
    } else if (value.isNumber()) {
      out.writeNumber(value.coerceStringValue());
    } else {
      out.writeNull();
    }
  }

  private static String joined(List<JsonNode> parts) {
    StringBuilder text = new StringBuilder();
    for (JsonNode part : parts) {
      if (type(part).equals("text")) {
        text.append(text(part.get("text")));
      }
    }
    return text.toString();
  }

  private static String type(JsonNode part) {
    return text(part.get("type"));
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isString() ? node.getStringValue() : "";
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
