package io.tailwater.edge.ai;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.micronaut.serde.annotation.Serdeable;
import io.tailwater.contract.v1.StreamState;
import org.jspecify.annotations.Nullable;

/**
 * A stream's state, as clients see it.
 *
 * @param status {@code running}, {@code finished}, {@code failed} or {@code cancelled}
 * @param usage of the tokens so far
 * @param events where the text can be read, from its beginning
 */
@Serdeable
@JsonInclude(JsonInclude.Include.NON_NULL)
record StreamView(
    String id,
    String channel,
    String model,
    String status,
    @Nullable String finish_reason,
    @Nullable Error error,
    Usage usage,
    long created_ms,
    String events) {

  /** Why a stream failed. */
  @Serdeable
  record Error(String code, String message) {}

  /** Tokens. */
  @Serdeable
  record Usage(int prompt_tokens, int completion_tokens, int total_tokens) {}

  static StreamView of(StreamState state, String events) {
    String status =
        switch (state.getStatus()) {
          case RUNNING, STATUS_UNSPECIFIED, UNRECOGNIZED -> "running";
          case FINISHED -> "finished";
          case FAILED -> "failed";
          case CANCELLED -> "cancelled";
        };
    return new StreamView(
        state.getId(),
        state.getChannel(),
        state.getModel(),
        status,
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
