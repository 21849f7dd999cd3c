package io.tailwater.ai;

import io.tailwater.ai.StreamEvent.Delta;
import io.tailwater.ai.StreamEvent.Failed;
import io.tailwater.ai.StreamEvent.Finish;
import io.tailwater.ai.StreamEvent.Start;
import io.tailwater.ai.StreamEvent.Usage;
import io.tailwater.contract.v1.StreamState;
import org.jspecify.annotations.Nullable;

/**
 * What the log holds of a generation.
 *
 * @param id whose
 * @param start the first event, unless retention has removed it
 * @param createdMs the time of the first event left, milliseconds since the epoch
 * @param newest the newest event that is ours
 * @param closed whether the channel is closed
 */
record LoggedStream(
    StreamId id,
    @Nullable Start start,
    long createdMs,
    @Nullable StreamEvent newest,
    boolean closed) {

  /** Tokens as of the newest event. */
  Usage usage() {
    int prompt = start == null ? 0 : start.promptTokens();
    return switch (newest) {
      case Delta delta -> Usage.of(prompt, delta.tokens());
      case Finish finish -> finish.usage();
      case Failed(_, _, Usage usage) when usage != null -> usage;
      case null, default -> Usage.of(prompt, 0);
    };
  }

  StreamState state(String creator) {
    StreamState.Builder state =
        StreamState.newBuilder()
            .setId(id.text())
            .setChannel(id.channel().toString())
            .setModel(start == null ? "" : start.model())
            .setCreator(creator)
            .setCreatedMs(createdMs)
            .setPromptTokens(usage().promptTokens())
            .setCompletionTokens(usage().completionTokens());
    if (!closed) {
      return state.setStatus(StreamState.Status.RUNNING).build();
    }
    switch (newest) {
      case Finish finish ->
          state
              .setStatus(
                  finish.finishReason().equals(Finish.CANCELLED)
                      ? StreamState.Status.CANCELLED
                      : StreamState.Status.FINISHED)
              .setFinishReason(finish.finishReason());
      case Failed failed ->
          state
              .setStatus(StreamState.Status.FAILED)
              .setErrorCode(failed.code())
              .setErrorMessage(failed.message());
      case null, default -> state.setStatus(StreamState.Status.FINISHED);
    }
    return state.build();
  }
}
