package io.tailwater.edge.poll;

import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;

/** Events as the elements of a JSON list. */
final class PollFormat implements WireFormat<EventBytes> {
  static final PollFormat JSON = new PollFormat();

  private final FormatSlot slot = FormatSlot.take();

  private PollFormat() {}

  @Override
  public FormatSlot slot() {
    return slot;
  }

  @Override
  public EventBytes encode(Run run) {
    return EventBytes.of(run, EventJson::writeEvent);
  }
}
