package io.tailwater.ai;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/**
 * What a generation's channel holds: the data of its events, as {@code docs/protocol.md} has it.
 */
sealed interface StreamEvent {
  /** The event's type. */
  String type();

  /** Whether it closes the channel. */
  default boolean closes() {
    return false;
  }

  /**
   * The first event.
   *
   * @param run who began it: tells a producer whose {@code start} it was that got stored
   * @param promptTokens kept for those who have to end it without its producer
   */
  @Serdeable
  record Start(
      String id,
      String channel,
      String model,
      String run,
      @JsonProperty("prompt_tokens") int promptTokens)
      implements StreamEvent {
    static final String TYPE = "start";

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * A piece of text. Concatenated, the texts of a part are its exact text.
   *
   * @param index counts the deltas, from 0
   * @param tokens how many tokens the answer has with this delta
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Delta(int index, int part, String kind, String text, int tokens) implements StreamEvent {
    static final String TYPE = "delta";

    static Delta text(int index, String text, int tokens) {
      return new Delta(index, 0, "text", text, tokens);
    }

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * The answer has ended.
   *
   * @param finishReason {@code stop}, {@code length} or {@code cancelled}
   */
  @Serdeable
  record Finish(@JsonProperty("finish_reason") String finishReason, Usage usage)
      implements StreamEvent {
    static final String TYPE = "finish";
    static final String STOP = "stop";
    static final String LENGTH = "length";
    static final String CANCELLED = "cancelled";

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public boolean closes() {
      return true;
    }
  }

  /** The answer has broken off. */
  @Serdeable
  record Failed(String code, String message, @Nullable Usage usage) implements StreamEvent {
    static final String TYPE = "failed";

    static Failed producerLost(Usage usage) {
      return new Failed(
          "producer_lost", "the server that wrote this answer is gone; ask again", usage);
    }

    static Failed shuttingDown(Usage usage) {
      return new Failed(
          "shutting_down", "the server that wrote this answer was stopped; ask again", usage);
    }

    static Failed model(String message, Usage usage) {
      return new Failed("model_failed", message, usage);
    }

    static Failed internal(Usage usage) {
      return new Failed("internal", "this answer could not be completed; ask again", usage);
    }

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public boolean closes() {
      return true;
    }
  }

  /** How many tokens a generation took. */
  @Serdeable
  record Usage(
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("completion_tokens") int completionTokens,
      @JsonProperty("total_tokens") int totalTokens) {
    static Usage of(int promptTokens, int completionTokens) {
      return new Usage(promptTokens, completionTokens, promptTokens + completionTokens);
    }
  }
}
