package io.tailwater.edge.ai;

import io.micronaut.serde.ObjectMapper;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ChatMessage;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import io.tailwater.edge.RequestBody;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The body of {@code POST /v1/ai/streams}. */
@Serdeable
record StreamWish(
    @Nullable String prompt,
    @Nullable List<Map<String, Object>> messages,
    @Nullable String model,
    @Nullable Integer max_tokens,
    @Nullable Double temperature,
    @Nullable String unwatched,
    @Nullable Long seed) {

  private static final List<String> FIELDS =
      List.of("prompt", "messages", "model", "max_tokens", "temperature", "unwatched", "seed");

  /**
   * @throws RequestException {@code invalid_json}, {@code invalid_request}
   */
  static StreamWish parse(ObjectMapper json, byte @Nullable [] body) {
    return RequestBody.parse(json, body, StreamWish.class, FIELDS);
  }

  /**
   * The request to the service, which checks the values themselves.
   *
   * @throws RequestException {@code invalid_request}
   */
  CreateStreamRequest.Builder request() {
    CreateStreamRequest.Builder request =
        CreateStreamRequest.newBuilder().addAllMessages(chat()).setUnwatched(unwatchedRule());
    if (model != null) {
      request.setModel(model);
    }
    if (max_tokens != null) {
      if (max_tokens < 1) {
        throw invalid("'max_tokens' is at least 1");
      }
      request.setMaxTokens(max_tokens);
    }
    if (temperature != null) {
      request.setTemperature(temperature);
    }
    if (seed != null) {
      request.setSeed(seed);
    }
    return request;
  }

  private List<ChatMessage> chat() {
    if ((prompt == null) == (messages == null)) {
      throw invalid("either 'prompt', a text, or 'messages', a list of {\"role\",\"content\"}");
    }
    if (prompt != null) {
      return List.of(ChatMessage.newBuilder().setRole("user").setContent(prompt).build());
    }
    return messages == null ? List.of() : messages.stream().map(StreamWish::message).toList();
  }

  private static ChatMessage message(Map<String, Object> message) {
    if (message.size() == 2
        && message.get("role") instanceof String role
        && message.get("content") instanceof String content) {
      return ChatMessage.newBuilder().setRole(role).setContent(content).build();
    }
    throw invalid("a message has 'role' and 'content', both texts, and nothing else");
  }

  private Unwatched unwatchedRule() {
    return switch (unwatched) {
      case null -> Unwatched.CONTINUE;
      case "continue" -> Unwatched.CONTINUE;
      case "cancel" -> Unwatched.CANCEL;
      default -> throw invalid("'unwatched' is continue or cancel");
    };
  }

  private static RequestException invalid(String message) {
    return new RequestException(ErrorCode.INVALID_REQUEST, message);
  }
}
