package io.tailwater.ai.upstream;

import io.micronaut.json.tree.JsonNode;
import io.tailwater.ai.model.Chunk.Ending;
import io.tailwater.ai.model.ModelException.Kind;
import io.tailwater.ai.model.Piece;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Owned by one thread: turns the chunks of one streamed completion into pieces of an answer. There
 * is one part for the text, one for the reasoning, and one for each tool call.
 */
final class Completion {
  private static final String TEXT = "text";
  private static final String REASONING = "reasoning";
  private static final int MAX_PARTS = 256;

  private final Map<String, Integer> parts = new HashMap<>();
  private Ending ending = Ending.NONE;
  private OptionalInt promptTokens = OptionalInt.empty();
  private OptionalInt completionTokens = OptionalInt.empty();

  /** Why it ended, as far as the server has told. */
  Ending ending() {
    return ending;
  }

  /** Whether anything of the answer has come. */
  boolean hasBegun() {
    return !parts.isEmpty();
  }

  /** Tokens of the prompt, if the server has counted. */
  OptionalInt promptTokens() {
    return promptTokens;
  }

  /** Tokens of the answer, if the server has counted. */
  OptionalInt completionTokens() {
    return completionTokens;
  }

  /**
   * Reads a chunk.
   *
   * @throws UpstreamException if it reports an error or is not a chunk
   */
  List<Piece> read(JsonNode chunk) throws UpstreamException {
    if (!chunk.isObject()) {
      throw garbage();
    }
    JsonNode error = present(chunk.get("error"));
    if (error != null) {
      throw UpstreamException.passing(Kind.FAILED, Refusals.inMidStream(error));
    }
    usage(present(chunk.get("usage")));
    List<Piece> pieces = new ArrayList<>();
    JsonNode choices = present(chunk.get("choices"));
    if (choices == null && present(chunk.get("usage")) == null) {
      throw garbage();
    }
    if (choices != null && !choices.isArray()) {
      throw garbage();
    }
    if (choices != null && choices.size() > 0) {
      choice(choices.get(0), pieces);
    }
    return pieces;
  }

  private void choice(@Nullable JsonNode choice, List<Piece> pieces) throws UpstreamException {
    if (choice == null || !choice.isObject()) {
      throw garbage();
    }
    JsonNode delta = present(choice.get("delta"));
    if (delta != null && !delta.isObject()) {
      throw garbage();
    }
    if (delta != null) {
      String reasoning = text(delta.get("reasoning_content"));
      add(pieces, REASONING, reasoning.isEmpty() ? text(delta.get(REASONING)) : reasoning);
      add(pieces, TEXT, text(delta.get("content")));
      add(pieces, TEXT, text(delta.get("refusal")));
      JsonNode calls = present(delta.get("tool_calls"));
      if (calls != null) {
        if (!calls.isArray()) {
          throw garbage();
        }
        for (JsonNode call : calls.values()) {
          call(call, pieces);
        }
      }
    }
    String reason = text(choice.get("finish_reason"));
    if (!reason.isEmpty()) {
      ending =
          switch (reason) {
            case "length" -> Ending.LENGTH;
            case "tool_calls", "function_call" -> Ending.TOOL_CALLS;
            case "content_filter" -> Ending.CONTENT_FILTER;
            default -> Ending.STOP;
          };
    }
  }

  private void add(List<Piece> pieces, String part, String text) throws UpstreamException {
    if (!text.isEmpty()) {
      Piece.Kind kind = part.equals(TEXT) ? Piece.Kind.TEXT : Piece.Kind.REASONING;
      pieces.add(new Piece(part(part), kind, text, null, 1));
    }
  }

  private void call(JsonNode call, List<Piece> pieces) throws UpstreamException {
    JsonNode index = call.isObject() ? present(call.get("index")) : null;
    JsonNode function = call.isObject() ? present(call.get("function")) : null;
    String id = call.isObject() ? text(call.get("id")) : "";
    if (function == null || !function.isObject()) {
      throw garbage();
    }
    // Some servers number none of their calls, but name each.
    String number = index != null && index.isNumber() ? Integer.toString(index.getIntValue()) : id;
    String part = "call " + number;
    boolean first = !parts.containsKey(part);
    Piece.Call named = first ? new Piece.Call(id, text(function.get("name"))) : null;
    String arguments = text(function.get("arguments"));
    if (first || !arguments.isEmpty()) {
      pieces.add(new Piece(part(part), Piece.Kind.TOOL_CALL, arguments, named, 1));
    }
  }

  private int part(String name) throws UpstreamException {
    if (parts.size() == MAX_PARTS && !parts.containsKey(name)) {
      throw garbage();
    }
    return parts.computeIfAbsent(name, next -> parts.size());
  }

  private void usage(@Nullable JsonNode usage) {
    if (usage != null && usage.isObject()) {
      promptTokens = count(usage.get("prompt_tokens"), promptTokens);
      completionTokens = count(usage.get("completion_tokens"), completionTokens);
    }
  }

  private static OptionalInt count(@Nullable JsonNode number, OptionalInt before) {
    return number != null && number.isNumber() && number.getIntValue() >= 0
        ? OptionalInt.of(number.getIntValue())
        : before;
  }

  private static @Nullable JsonNode present(@Nullable JsonNode node) {
    return node == null || node.isNull() ? null : node;
  }

  private static String text(@Nullable JsonNode node) {
    return node != null && node.isString() ? node.getStringValue() : "";
  }

  static UpstreamException garbage() {
    return UpstreamException.passing(
        Kind.FAILED, "the model's server sent something that is not an answer");
  }
}
