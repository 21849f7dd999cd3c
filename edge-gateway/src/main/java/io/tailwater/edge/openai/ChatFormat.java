package io.tailwater.edge.openai;

import io.tailwater.contract.Position;
import io.tailwater.edge.ai.AnswerEvent;
import io.tailwater.edge.ai.AnswerFormat;
import io.tailwater.edge.connection.Disconnect;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the connection's event loop: a streamed completion. It has no event types and no
 * {@code retry}. An answer that does not end as it should ends with an error and without {@code
 * [DONE]}.
 */
final class ChatFormat implements AnswerFormat {
  /** The protocol's name in metrics and for operators. */
  static final String NAME = "chat";

  private final ChatChunks chunks;
  private final boolean usage;
  private final @Nullable Position after;

  /**
   * @param usage whether a chunk with the usage is wanted
   * @param after the client has everything through here; null: it has nothing
   */
  ChatFormat(ChatChunks chunks, boolean usage, @Nullable Position after) {
    this.chunks = chunks;
    this.usage = usage;
    this.after = after;
  }

  @Override
  public String begin() {
    return after == null ? block(chunks.first()) : "";
  }

  @Override
  public String event(AnswerEvent event, Position position) {
    return switch (event) {
      case AnswerEvent.Queued _, AnswerEvent.Start _ -> "";
      case AnswerEvent.Delta delta -> {
        // Numbers its tool call, also where the client has it already.
        String chunk = chunks.of(delta);
        yield isKnown(position) ? "" : "id: " + position + "\n" + block(chunk);
      }
      case AnswerEvent.Finish finish ->
          finish.cancelled()
              ? block(ChatErrors.cancelled().json())
              : "id: "
                  + position
                  + "\n"
                  + block(chunks.finish(finish))
                  + (usage ? block(chunks.usage(finish)) : "")
                  + block("[DONE]");
      case AnswerEvent.Failed failed -> block(ChatErrors.of(failed).json());
    };
  }

  private boolean isKnown(Position position) {
    return after != null
        && after.epoch().equals(position.epoch())
        && after.offset() >= position.offset();
  }

  @Override
  public String brokenOff(Disconnect disconnect) {
    return block(
        switch (disconnect) {
          case EXPIRED, UNAUTHORIZED, NOT_YET_VALID, FORBIDDEN -> ChatErrors.expired().json();
          case REVOKED -> ChatErrors.revoked().json();
          case COMPLETE, GOING_AWAY, TOO_MANY, BAD_FRAME, REPLACED, TOO_SLOW, RESET ->
              ChatErrors.brokenOff().json();
        });
  }

  private static String block(String data) {
    return "data: " + data + "\n\n";
  }
}
