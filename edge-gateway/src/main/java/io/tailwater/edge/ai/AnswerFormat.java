package io.tailwater.edge.ai;

import io.tailwater.contract.Position;
import io.tailwater.edge.connection.Disconnect;
import org.jspecify.annotations.Nullable;

/**
 * How a protocol writes an answer as an event stream. Confined to the event loop of its connection.
 * All texts are whole blocks, or empty if there is nothing to write.
 */
public interface AnswerFormat {
  /** What comes first, before any event. */
  String begin();

  /** What an event becomes. */
  String event(AnswerEvent event, Position position);

  /**
   * The last words of a stream that ends before its answer does.
   *
   * @return null to cut the connection instead, as a broken network does
   */
  @Nullable String brokenOff(Disconnect disconnect);
}
