package io.tailwater.ai.model;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a model is asked.
 *
 * @param messages oldest first; at least one, and at least one of the user's
 * @param maxTokens most tokens of the answer, if the asker set a limit
 * @param temperature 0 to 2
 * @param seed the same prompt and seed get the same answer, where the model can do that
 */
public record Prompt(
    List<Message> messages, OptionalInt maxTokens, OptionalDouble temperature, OptionalLong seed) {

  public Prompt {
    messages = List.copyOf(messages);
    if (messages.stream().noneMatch(message -> message.role() == Role.USER)) {
      throw new IllegalArgumentException("a prompt has at least one message of the user");
    }
  }

  /** What the user said last. */
  public String question() {
    return messages.stream()
        .filter(message -> message.role() == Role.USER)
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .content();
  }

  /** One turn of the conversation. */
  public record Message(Role role, String content) {}

  /** Who speaks. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
  }
}
