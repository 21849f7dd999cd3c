package io.tailwater.edge.ui;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import io.tailwater.contract.Position;
import io.tailwater.edge.ai.AnswerEvent;
import io.tailwater.edge.ai.AnswerFormat;
import io.tailwater.edge.connection.Disconnect;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: an answer as a UI message stream of the AI SDK. Its
 * chunks depend on the events alone, so a client that reads the stream again gets the same ones.
 */
final class UiFormat implements AnswerFormat {
  /** The protocol's name in metrics and for operators. */
  static final String NAME = "ui";

  private static final JsonFactory JSON = new JsonFactory();
  private static final String DONE = "data: [DONE]\n\n";

  private final String messageId;

  /** The part of text or reasoning to which the newest delta belongs; null for none. */
  private @Nullable Open open;

  /** How often each part was begun. */
  private final Map<Integer, Integer> begun = new HashMap<>();

  /** By their parts, in the order in which they began. */
  private final Map<Integer, Call> calls = new LinkedHashMap<>();

  private record Open(int part, String kind, String id) {}

  private record Call(String id, String name, StringBuilder arguments) {}

  /**
   * @param messageId of the message that the answer becomes
   */
  UiFormat(String messageId) {
    this.messageId = messageId;
  }

  @Override
  public String begin() {
    return chunk("start", out -> out.writeStringField("messageId", messageId));
  }

  @Override
  public String event(AnswerEvent event, Position position) {
    return switch (event) {
      case AnswerEvent.Queued(int ahead) -> queued(ahead);
      case AnswerEvent.Start _ -> chunk("start-step");
      case AnswerEvent.Delta delta -> delta.kind().equals("tool_call") ? call(delta) : text(delta);
      case AnswerEvent.Finish finish -> endPart() + finish(finish) + DONE;
      case AnswerEvent.Failed failed -> endPart() + error(failed.message()) + DONE;
    };
  }

  private static String queued(int ahead) {
    return chunk(
        "data-queued",
        out -> {
          out.writeObjectFieldStart("data");
          out.writeNumberField("ahead", ahead);
          out.writeEndObject();
          out.writeBooleanField("transient", true);
        });
  }

  private String text(AnswerEvent.Delta delta) {
    String kind = delta.kind().equals("reasoning") ? "reasoning" : "text";
    StringBuilder chunks = new StringBuilder();
    Open current = open;
    if (current == null || current.part() != delta.part()) {
      chunks.append(endPart());
      int times = begun.merge(delta.part(), 1, Integer::sum);
      String id = times == 1 ? "" + delta.part() : delta.part() + "." + times;
      current = new Open(delta.part(), kind, id);
      open = current;
      chunks.append(chunk(kind + "-start", out -> out.writeStringField("id", id)));
    }
    String id = current.id();
    return chunks
        .append(
            chunk(
                kind + "-delta",
                out -> {
                  out.writeStringField("id", id);
                  out.writeStringField("delta", delta.text());
                }))
        .toString();
  }

  private String endPart() {
    Open last = open;
    open = null;
    return last == null
        ? ""
        : chunk(last.kind() + "-end", out -> out.writeStringField("id", last.id()));
  }

  private String call(AnswerEvent.Delta delta) {
    StringBuilder chunks = new StringBuilder(endPart());
    Call call = calls.get(delta.part());
    if (call == null) {
      call = new Call(delta.id(), delta.name(), new StringBuilder());
      calls.put(delta.part(), call);
      chunks.append(toolChunk("tool-input-start", call, out -> {}));
    }
    call.arguments().append(delta.text());
    String id = call.id();
    if (!delta.text().isEmpty()) {
      chunks.append(
          chunk(
              "tool-input-delta",
              out -> {
                out.writeStringField("toolCallId", id);
                out.writeStringField("inputTextDelta", delta.text());
              }));
    }
    return chunks.toString();
  }

  private static String toolChunk(String type, Call call, Fields more) {
    return chunk(
        type,
        out -> {
          out.writeStringField("toolCallId", call.id());
          out.writeStringField("toolName", call.name());
          more.write(out);
        });
  }

  private String finish(AnswerEvent.Finish finish) {
    if (finish.cancelled()) {
      return chunk("abort");
    }
    StringBuilder chunks = new StringBuilder();
    calls.values().forEach(call -> chunks.append(input(call)));
    return chunks
        .append(chunk("finish-step"))
        .append(
            chunk(
                "finish",
                out -> out.writeStringField("finishReason", finish.reason().replace('_', '-'))))
        .toString();
  }

  /** The arguments of a call, once they are complete. */
  private static String input(Call call) {
    String arguments = call.arguments().isEmpty() ? "{}" : call.arguments().toString();
    if (isJson(arguments)) {
      return toolChunk(
          "tool-input-available",
          call,
          out -> {
            out.writeFieldName("input");
            out.writeRawValue(arguments.replace('\n', ' ').replace('\r', ' '));
          });
    }
    return toolChunk(
        "tool-input-error",
        call,
        out -> {
          out.writeStringField("input", arguments);
          out.writeStringField("errorText", "the model's arguments are not JSON");
        });
  }

  private static boolean isJson(String text) {
    try (JsonParser parser = JSON.createParser(text)) {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      return parser.nextToken() == null;
    } catch (IOException e) {
      return false;
    }
  }

  private static String error(String message) {
    return chunk("error", out -> out.writeStringField("errorText", message));
  }

  /**
   * A client that loses its connection asks for the stream again. One that was told of an end would
   * take the answer for complete.
   */
  @Override
  public @Nullable String brokenOff(Disconnect disconnect) {
    return switch (disconnect) {
      case EXPIRED, UNAUTHORIZED, NOT_YET_VALID, FORBIDDEN ->
          error("the token has expired: get a new one, and read the answer again");
      case REVOKED -> error(disconnect.reason());
      case COMPLETE, GOING_AWAY, TOO_MANY, BAD_FRAME, REPLACED, TOO_SLOW, RESET -> null;
    };
  }

  private static String chunk(String type) {
    return chunk(type, out -> {});
  }

  private static String chunk(String type, Fields fields) {
    StringWriter text = new StringWriter();
    text.write("data: ");
    try (JsonGenerator out = JSON.createGenerator(text)) {
      out.writeStartObject();
      out.writeStringField("type", type);
      fields.write(out);
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException("texts and numbers can be written into memory", e);
    }
    return text + "\n\n";
  }

  private interface Fields {
    void write(JsonGenerator out) throws IOException;
  }
}
