package io.tailwater.edge.ai;

import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ChatMessage;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import io.tailwater.edge.http.RequestBody;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The body of {@code POST /v1/ai/streams}, as it came: what is a number in JSON is one here, so
 * that nothing is taken for what it was not meant to be.
 */
@Serdeable
record StreamWish(
    @Nullable Object prompt,
    @Nullable Object messages,
    @Nullable Object model,
    @Nullable Object max_tokens,
    @Nullable Object temperature,
    @Nullable Object unwatched,
    @Nullable Object seed) {

  private static final List<String> FIELDS =
      List.of("prompt", "messages", "model", "max_tokens", "temperature", "unwatched", "seed");

  /**
   * @throws RequestException {@code invalid_json}, {@code invalid_request}
   */
  static StreamWish parse(ObjectMapper json, byte[] body) {
    return RequestBody.parse(json, body, StreamWish.class, FIELDS);
  }

  /**
   * The request to the service, which checks the values themselves.
   *
   * @param anonymous whether it is of a client without a token, whose answer ends by default once
   *     nobody reads it
   * @throws RequestException {@code invalid_request}
   */
  CreateStreamRequest.Builder request(boolean anonymous) {
    CreateStreamRequest.Builder request =
        CreateStreamRequest.newBuilder()
            .addAllMessages(chat())
            .setUnwatched(unwatchedRule(anonymous));
    if (model != null) {
      request.setModel(text("model", model));
    }
    if (max_tokens != null) {
      long tokens = whole("max_tokens", max_tokens);
      if (tokens < 1 || tokens > Integer.MAX_VALUE) {
        throw invalid("'max_tokens' is at least 1, and not as large as " + tokens);
      }
      request.setMaxTokens((int) tokens);
    }
    if (temperature != null) {
      if (!(temperature instanceof Number number)) {
        throw invalid("'temperature' is a number");
      }
      request.setTemperature(number.doubleValue());
    }
    if (seed != null) {
      request.setSeed(whole("seed", seed));
    }
    return request;
  }

  private List<ChatMessage> chat() {
    if ((prompt == null) == (messages == null)) {
      throw invalid("either 'prompt', a text, or 'messages', a list of {\"role\",\"content\"}");
    }
    if (prompt != null) {
      return List.of(
          ChatMessage.newBuilder().setRole("user").setContent(text("prompt", prompt)).build());
    }
    if (!(messages instanceof List<?> list)) {
      throw invalid("'messages' is a list of {\"role\",\"content\"}");
    }
    return list.stream().map(StreamWish::message).toList();
  }

  private static ChatMessage message(Object message) {
    if (message instanceof Map<?, ?> map
        && map.size() == 2
        && map.get("role") instanceof String role
        && map.get("content") instanceof String content) {
      return ChatMessage.newBuilder()
          .setRole(wellFormed("role", role))
          .setContent(wellFormed("content", content))
          .build();
    }
    throw invalid("a message has 'role' and 'content', both texts, and nothing else");
  }

  private Unwatched unwatchedRule(boolean anonymous) {
    return switch (unwatched) {
      case null -> anonymous ? Unwatched.CANCEL : Unwatched.CONTINUE;
      case String rule when rule.equals("continue") -> Unwatched.CONTINUE;
      case String rule when rule.equals("cancel") -> Unwatched.CANCEL;
      default -> throw invalid("'unwatched' is continue or cancel");
    };
  }

  private static String text(String name, Object value) {
    if (value instanceof String text) {
      return wellFormed(name, text);
    }
    throw invalid("'" + name + "' is a text");
  }

  /** Refuses half a surrogate pair, which UTF-8 has no bytes for. */
  private static String wellFormed(String name, String text) {
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      int point = text.codePointAt(at);
      if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
        throw invalid("'" + name + "' has half a surrogate pair at character " + (at + 1));
      }
    }
    return text;
  }

  private static long whole(String name, Object value) {
    if (value instanceof Integer || value instanceof Long) {
      return ((Number) value).longValue();
    }
    throw invalid("'" + name + "' is a whole number of 64 bits");
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
