package io.tailwater.edge.openai;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.edge.ai.AnswerEvent;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Confined to its connection's event loop: writes one answer in the JSON of OpenAI's protocol, in
 * chunks or as a whole.
 */
final class ChatChunks {
  /** What the ids of completions begin with; the stream's id follows. */
  static final String PREFIX = "chatcmpl-";

  private static final JsonFactory JSON = new JsonFactory();

  private final StreamState stream;
  private final boolean usage;

  /** The tool calls of the answer are numbered by themselves. */
  private final Map<Integer, Integer> calls = new HashMap<>();

  /**
   * @param usage whether the usage is told in a chunk of its own
   */
  ChatChunks(StreamState stream, boolean usage) {
    this.stream = stream;
    this.usage = usage;
  }

  /** The number of a tool call, by its part. */
  int call(int part) {
    return calls.computeIfAbsent(part, next -> calls.size());
  }

  /** The first chunk. */
  String first() {
    return chunk(
        "",
        delta -> {
          delta.writeStringField("role", "assistant");
          delta.writeStringField("content", "");
        });
  }

  /** The chunk of a piece. */
  String of(AnswerEvent.Delta piece) {
    return chunk(
        "",
        delta -> {
          switch (piece.kind()) {
            case "reasoning" -> delta.writeStringField("reasoning_content", piece.text());
            case "tool_call" -> writeCall(delta, piece);
            default -> delta.writeStringField("content", piece.text());
          }
        });
  }

  private void writeCall(JsonGenerator delta, AnswerEvent.Delta piece) throws IOException {
    delta.writeArrayFieldStart("tool_calls");
    delta.writeStartObject();
    delta.writeNumberField("index", call(piece.part()));
    if (!piece.name().isEmpty()) {
      delta.writeStringField("id", piece.id());
      delta.writeStringField("type", "function");
    }
    delta.writeObjectFieldStart("function");
    if (!piece.name().isEmpty()) {
      delta.writeStringField("name", piece.name());
    }
    delta.writeStringField("arguments", piece.text());
    delta.writeEndObject();
    delta.writeEndObject();
    delta.writeEndArray();
  }

  /** The chunk with the reason of the end. */
  String finish(AnswerEvent.Finish finish) {
    return chunk(finish.reason(), delta -> {});
  }

  /** The chunk with the usage. */
  String usage(AnswerEvent.Finish finish) {
    return object(
        "chat.completion.chunk",
        out -> {
          out.writeArrayFieldStart("choices");
          out.writeEndArray();
          writeUsage(out, finish);
        });
  }

  /** The whole answer. */
  String whole(WholeAnswer answer, AnswerEvent.Finish finish) {
    return object(
        "chat.completion",
        out -> {
          out.writeArrayFieldStart("choices");
          out.writeStartObject();
          out.writeNumberField("index", 0);
          out.writeObjectFieldStart("message");
          out.writeStringField("role", "assistant");
          answer.write(out);
          out.writeEndObject();
          out.writeNullField("logprobs");
          out.writeStringField("finish_reason", finish.reason());
          out.writeEndObject();
          out.writeEndArray();
          writeUsage(out, finish);
        });
  }

  private String chunk(String reason, Fields delta) {
    return object(
        "chat.completion.chunk",
        out -> {
          out.writeArrayFieldStart("choices");
          out.writeStartObject();
          out.writeNumberField("index", 0);
          out.writeObjectFieldStart("delta");
          delta.write(out);
          out.writeEndObject();
          out.writeNullField("logprobs");
          out.writeStringField("finish_reason", reason.isEmpty() ? null : reason);
          out.writeEndObject();
          out.writeEndArray();
          if (usage) {
            out.writeNullField("usage");
          }
        });
  }

  private String object(String type, Fields fields) {
    StringWriter text = new StringWriter();
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      out.writeStringField("id", PREFIX + stream.getId());
      out.writeStringField("object", type);
      out.writeNumberField("created", TimeUnit.MILLISECONDS.toSeconds(stream.getCreatedMs()));
      out.writeStringField("model", stream.getModel());
      fields.write(out);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("texts and numbers can be written into memory", e);
    }
    return text.toString();
  }

  private static void writeUsage(JsonGenerator out, AnswerEvent.Finish finish) throws IOException {
    out.writeObjectFieldStart("usage");
    out.writeNumberField("prompt_tokens", finish.promptTokens());
    out.writeNumberField("completion_tokens", finish.completionTokens());
    out.writeNumberField("total_tokens", finish.promptTokens() + finish.completionTokens());
    out.writeEndObject();
  }

  private interface Fields {
    void write(JsonGenerator out) throws IOException;
  }
}
