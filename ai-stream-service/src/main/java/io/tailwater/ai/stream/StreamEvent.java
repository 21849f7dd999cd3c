package io.tailwater.ai.stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import org.jspecify.annotations.Nullable;

/** The data of an event on a generation's channel, as {@code docs/protocol.md} defines it. */
public sealed interface StreamEvent {
  /** The event's type. */
  String type();

  /** Whether it closes the channel. */
  default boolean closes() {
    return false;
  }

  /**
   * The first event.
   *
   * @param run identifies the producer, so that it recognises its own {@code start}
   * @param promptTokens for another instance that has to end the stream
   */
  @Serdeable
  record Start(
      String id,
      String channel,
      String model,
      String run,
      @JsonProperty("prompt_tokens") int promptTokens)
      implements StreamEvent {
    public static final String TYPE = "start";

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * A piece of text. Concatenated, the texts of a part are its exact text.
   *
   * @param index number of the delta, from 0
   * @param tokens number of tokens of the answer up to this delta
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.ALWAYS)
  record Delta(int index, int part, String kind, String text, int tokens) implements StreamEvent {
    public static final String TYPE = "delta";

    /** A piece of the text part. */
    public static Delta text(int index, String text, int tokens) {
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
    public static final String TYPE = "finish";
    public static final String STOP = "stop";
    public static final String LENGTH = "length";
    public static final String CANCELLED = "cancelled";

    @Override
    public String type() {
      return TYPE;
    }

    @Override
    public boolean closes() {
      return true;
    }
  }

  /** The answer has broken off. Messages are for the reader. */
  @Serdeable
  record Failed(String code, String message, @Nullable Usage usage) implements StreamEvent {
    public static final String TYPE = "failed";

    /** Its producer is gone. */
    public static Failed producerLost(Usage usage) {
      return new Failed(
          "producer_lost", "the server that wrote this answer is gone; ask again", usage);
    }

    /** Its producer was stopped. */
    public static Failed shuttingDown(Usage usage) {
      return new Failed(
          "shutting_down", "the server that wrote this answer was stopped; ask again", usage);
    }

    /** The model failed. */
    public static Failed model(String message, Usage usage) {
      return new Failed("model_failed", message, usage);
    }

    /** An event was refused, which is a fault here. */
    public static Failed internal(Usage usage) {
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

  /** Number of tokens of a generation. */
  @Serdeable
  record Usage(
      @JsonProperty("prompt_tokens") int promptTokens,
      @JsonProperty("completion_tokens") int completionTokens,
      @JsonProperty("total_tokens") int totalTokens) {
    /** Usage with its total. */
    public static Usage of(int promptTokens, int completionTokens) {
      return new Usage(promptTokens, completionTokens, promptTokens + completionTokens);
    }
  }
}
