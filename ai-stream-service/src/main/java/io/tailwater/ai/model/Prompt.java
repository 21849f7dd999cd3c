package io.tailwater.ai.model;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A conversation that a model answers.
 *
 * @param messages oldest first; at least one of them the user's
 * @param maxTokens most tokens of the answer, if the caller set a limit
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

  /** The user's last message. */
  public String question() {
    return messages.stream()
        .filter(message -> message.role() == Role.USER)
        .reduce((earlier, later) -> later)
        .orElseThrow()
        .content();
  }

  /** One turn of the conversation. */
  public record Message(Role role, String content) {}

  /** The author of a message. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT
  }
}
