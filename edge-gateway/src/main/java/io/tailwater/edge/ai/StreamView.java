package io.tailwater.edge.ai;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.contract.v1.StreamState.Status;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A stream's state, as clients see it.
 *
 * @param creator its subject, in the lists of those who see everyone's streams
 * @param status {@code queued}, {@code running}, {@code finished}, {@code failed} or {@code
 *     cancelled}
 * @param ahead how many others run before a queued one
 * @param usage of the tokens so far
 * @param events where the text can be read, from its beginning; null for those who may not read it
 */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
record StreamView(
    String id,
    String channel,
    String model,
    @Nullable String creator,
    String status,
    @Nullable Integer ahead,
    @Nullable String finish_reason,
    @Nullable Error error,
    Usage usage,
    long created_ms,
    @Nullable String events) {

  /** States of a stream, as clients name them. */
  static final Map<String, Status> STATUSES =
      Map.of(
          "queued", Status.QUEUED,
          "running", Status.RUNNING,
          "finished", Status.FINISHED,
          "failed", Status.FAILED,
          "cancelled", Status.CANCELLED);

  /** Why a stream failed. */
  @Serdeable
  record Error(String code, String message) {}

  /** Tokens. */
  @Serdeable
  record Usage(int prompt_tokens, int completion_tokens, int total_tokens) {}

  static StreamView of(StreamState state, @Nullable String creator, @Nullable String events) {
    String status =
        switch (state.getStatus()) {
          case QUEUED -> "queued";
          case RUNNING, STATUS_UNSPECIFIED, UNRECOGNIZED -> "running";
          case FINISHED -> "finished";
          case FAILED -> "failed";
          case CANCELLED -> "cancelled";
        };
    return new StreamView(
        state.getId(),
        state.getChannel(),
        state.getModel(),
        creator,
        status,
        state.getStatus() == Status.QUEUED ? state.getAhead() : null,
        state.getFinishReason().isEmpty() ? null : state.getFinishReason(),
        state.getErrorCode().isEmpty()
            ? null
            : new Error(state.getErrorCode(), state.getErrorMessage()),
        new Usage(
            state.getPromptTokens(),
            state.getCompletionTokens(),
            state.getPromptTokens() + state.getCompletionTokens()),
        state.getCreatedMs(),
        events);
  }
}
