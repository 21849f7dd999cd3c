package io.tailwater.ai.stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.ai.model.ModelException;
import io.tailwater.ai.model.Piece;
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
   * It waits for a place to run. The first one is the stream's first event.
   *
   * @param ahead how many others are served before it, as of now; later ones may come in between
   * @param run as in {@link Start}
   */
  @Serdeable
  record Queued(int ahead, String model, String run) implements StreamEvent {
    public static final String TYPE = "queued";

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * The first event, unless the stream was queued.
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
   * A piece of a part. Concatenated, the texts of a part are its exact text.
   *
   * @param index number of the delta, from 0
   * @param kind {@code text}, {@code reasoning} or {@code tool_call}
   * @param id of a tool call, with its first delta
   * @param name of the tool, with the first delta of its call
   * @param tokens number of tokens of the answer up to this delta
   */
  @Serdeable
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Delta(
      int index,
      int part,
      String kind,
      @Nullable String id,
      @Nullable String name,
      String text,
      int tokens)
      implements StreamEvent {
    public static final String TYPE = "delta";

    /** A piece of an answer. */
    public static Delta of(int index, Piece piece, String text, int tokens) {
      Piece.Call call = piece.call();
      return new Delta(
          index,
          piece.part(),
          piece.kind().wire(),
          call == null ? null : call.id(),
          call == null ? null : call.name(),
          text,
          tokens);
    }

    @Override
    public String type() {
      return TYPE;
    }
  }

  /**
   * The answer has ended.
   *
   * @param finishReason {@code stop}, {@code length}, {@code tool_calls}, {@code content_filter} or
   *     {@code cancelled}
   */
  @Serdeable
  record Finish(@JsonProperty("finish_reason") String finishReason, Usage usage)
      implements StreamEvent {
    public static final String TYPE = "finish";
    public static final String STOP = "stop";
    public static final String LENGTH = "length";
    public static final String TOOL_CALLS = "tool_calls";
    public static final String CONTENT_FILTER = "content_filter";
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
    public static Failed model(ModelException failure, Usage usage) {
      return new Failed(failure.kind().code(), failure.text(), usage);
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
