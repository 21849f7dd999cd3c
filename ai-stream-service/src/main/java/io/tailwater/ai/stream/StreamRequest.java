package io.tailwater.ai.stream;

import io.tailwater.ai.model.Prompt;
import io.tailwater.ai.model.Prompt.Message;
import io.tailwater.ai.model.Prompt.Role;
import io.tailwater.contract.Channel;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.ChatMessage;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.CreateStreamRequest.Unwatched;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A checked request for a generation.
 *
 * @param creator subject of the caller
 * @param anonymous whether the caller has no token, so that its subject is that of others too
 * @param address where the caller is, for limits; empty if unknown
 * @param idempotencyKey unguessable; empty for none
 * @param model empty for the default
 * @param cancelledUnwatched whether it is cancelled once nobody watches it
 * @param unwatchedAfter after how long then; zero: after the usual time
 * @param traceparent W3C trace context, empty for none
 */
public record StreamRequest(
    String creator,
    boolean anonymous,
    String address,
    String idempotencyKey,
    String model,
    Prompt prompt,
    boolean cancelledUnwatched,
    Duration unwatchedAfter,
    String traceparent) {

  /**
   * Bounds of requests.
   *
   * @param maxTokens highest {@code max_tokens}
   * @param maxPromptChars longest prompt, all messages together, UTF-16 units
   */
  public record Limits(int maxTokens, int maxPromptChars) {}

  private static final double MAX_TEMPERATURE = 2;
  private static final long MAX_UNWATCHED_MS = Duration.ofDays(1).toMillis();

  /**
   * Checks a request.
   *
   * @throws RequestException {@code invalid_request}
   */
  public static StreamRequest of(CreateStreamRequest request, Limits limits) {
    require(!request.getCreator().isEmpty(), "a stream needs the subject of its creator");
    String key = request.getIdempotencyKey();
    require(
        key.isEmpty() || Channel.isKey(key),
        "an idempotency key is 1 to 255 bytes of UTF-8 without control characters");
    require(
        request.getUnwatched() != Unwatched.UNRECOGNIZED, "unwatched is 'continue' or 'cancel'");
    return new StreamRequest(
        request.getCreator(),
        request.getAnonymous(),
        request.getAddress(),
        key,
        request.getModel(),
        prompt(request, limits),
        request.getUnwatched() == Unwatched.CANCEL,
        Duration.ofMillis(Math.clamp(request.getUnwatchedAfterMs(), 0, MAX_UNWATCHED_MS)),
        request.getTraceparent());
  }

  private static Prompt prompt(CreateStreamRequest request, Limits limits) {
    if (!request.getBody().isEmpty()) {
      return ChatBody.prompt(
          request.getBody().toStringUtf8(), limits.maxTokens(), limits.maxPromptChars());
    }
    return new Prompt(
        messages(request.getMessagesList(), limits.maxPromptChars()),
        maxTokens(request.getMaxTokens(), limits.maxTokens()),
        temperature(request),
        request.hasSeed() ? OptionalLong.of(request.getSeed()) : OptionalLong.empty(),
        "");
  }

  private static List<Message> messages(List<ChatMessage> given, int maxChars) {
    List<Message> messages = new ArrayList<>(given.size());
    long chars = 0;
    for (ChatMessage message : given) {
      messages.add(new Message(role(message.getRole()), message.getContent()));
      chars += message.getContent().length();
    }
    require(chars <= maxChars, "a prompt has at most " + maxChars + " characters");
    require(
        messages.stream().anyMatch(m -> m.role() == Role.USER && !m.content().isBlank()),
        "the prompt is empty: it needs a message of the role user with text");
    return messages;
  }

  private static Role role(String role) {
    return switch (role) {
      case "system" -> Role.SYSTEM;
      case "user" -> Role.USER;
      case "assistant" -> Role.ASSISTANT;
      default ->
          throw InvalidRequest.because(
              "'"
                  + InvalidRequest.shortened(role)
                  + "' is not a role; roles are system, user and assistant");
    };
  }

  private static OptionalInt maxTokens(int given, int most) {
    require(given >= 0 && given <= most, "max_tokens is from 1 to " + most);
    return given == 0 ? OptionalInt.empty() : OptionalInt.of(given);
  }

  private static OptionalDouble temperature(CreateStreamRequest request) {
    if (!request.hasTemperature()) {
      return OptionalDouble.empty();
    }
    double temperature = request.getTemperature();
    require(temperature >= 0 && temperature <= MAX_TEMPERATURE, "temperature is from 0 to 2");
    return OptionalDouble.of(temperature);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw InvalidRequest.because(otherwise);
    }
  }
}
