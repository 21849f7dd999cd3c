package io.tailwater.ai.model;

import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * A conversation that a model answers.
 *
 * @param messages oldest first; at least one
 * @param maxTokens most tokens of the answer, if the caller set a limit
 * @param temperature 0 to 2
 * @param seed the same prompt and seed get the same answer, where the model can do that
 * @param body the whole request as a client of OpenAI's protocol sent it; empty if it came
 *     otherwise. Then the other components are what was read from it
 */
public record Prompt(
    List<Message> messages,
    OptionalInt maxTokens,
    OptionalDouble temperature,
    OptionalLong seed,
    String body) {

  public Prompt {
    messages = List.copyOf(messages);
    if (messages.isEmpty()) {
      throw new IllegalArgumentException("a prompt has at least one message");
    }
  }

  /** The user's last message, or the last one if none is the user's. */
  public String question() {
    return messages.stream()
        .filter(message -> message.role() == Role.USER)
        .reduce((earlier, later) -> later)
        .orElseGet(messages::getLast)
        .content();
  }

  /** One turn of the conversation. */
  public record Message(Role role, String content) {}

  /** The author of a message. */
  public enum Role {
    SYSTEM,
    USER,
    ASSISTANT,
    /** The result of a tool. */
    TOOL
  }
}
