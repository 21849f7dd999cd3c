package io.tailwater.ai.stream;

import io.tailwater.ai.stream.StreamEvent.Delta;
import io.tailwater.ai.stream.StreamEvent.Failed;
import io.tailwater.ai.stream.StreamEvent.Finish;
import io.tailwater.ai.stream.StreamEvent.Queued;
import io.tailwater.ai.stream.StreamEvent.Start;
import io.tailwater.ai.stream.StreamEvent.Usage;
import io.tailwater.contract.v1.StreamState;
import org.jspecify.annotations.Nullable;

/**
 * A generation as the log has it.
 *
 * @param model its name; empty if retention has removed the first event
 * @param start unless retention has removed it, or the stream is still queued
 * @param createdMs the time of the first event left, milliseconds since the epoch
 * @param newest the newest event that has our form
 * @param newestMs its time, milliseconds since the epoch
 * @param closed whether the channel is closed
 */
public record LoggedStream(
    StreamId id,
    String model,
    @Nullable Start start,
    long createdMs,
    @Nullable StreamEvent newest,
    long newestMs,
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
            .setModel(model)
            .setCreator(creator)
            .setCreatedMs(createdMs)
            .setPromptTokens(usage().promptTokens())
            .setCompletionTokens(usage().completionTokens());
    if (!closed) {
      return newest instanceof Queued queued
          ? state.setStatus(StreamState.Status.QUEUED).setAhead(queued.ahead()).build()
          : state.setStatus(StreamState.Status.RUNNING).build();
    }
    state.setEndedMs(newestMs);
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
