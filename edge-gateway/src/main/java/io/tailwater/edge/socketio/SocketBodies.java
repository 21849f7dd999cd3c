package io.tailwater.edge.socketio;

import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;

/**
 * Stateless: events up to where each reader's positions stand. Every reader puts its own head
 * before them, and its own end behind them.
 */
enum SocketBodies implements WireFormat<EventBytes> {
  /** Name and data. */
  PLAIN((channel, epoch, event, out) -> SocketText.begin(event, out)),
  /** And what is known of the event besides. */
  META(SocketText::beginWithMeta);

  private final FormatSlot slot = FormatSlot.take();
  private final EventBytes.Writer writer;

  SocketBodies(EventBytes.Writer writer) {
    this.writer = writer;
  }

  @Override
  public FormatSlot slot() {
    return slot;
  }

  @Override
  public EventBytes encode(Run run) {
    return EventBytes.of(run, writer);
  }
}
