package io.tailwater.ai.stream;

import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.contract.v1.StreamState;
import org.jspecify.annotations.Nullable;

/**
 * A generation as the log has it.
 *
 * @param start the first event, unless retention has removed it
 * @param createdMs the time of the first event left, milliseconds since the epoch
 * @param newest the newest event that has our form
 * @param closed whether the channel is closed
 */
public record LoggedStream(
    StreamId id,
    @Nullable Start start,
    long createdMs,
    @Nullable StreamEvent newest,
    boolean closed) {

  /** Tokens as of the newest event. */
  public Usage usage() {
    int prompt = start == null ? 0 : start.promptTokens();
    return switch (newest) {
      case Delta delta -> Usage.of(prompt, delta.tokens());
      case Finish finish -> finish.usage();
      case Failed(_, _, Usage usage) when usage != null -> usage;
      case null, default -> Usage.of(prompt, 0);
    };
  }

  /**
   * The state for callers.
   *
   * @param creator its subject; empty if unknown
   */
  public StreamState state(String creator) {
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
