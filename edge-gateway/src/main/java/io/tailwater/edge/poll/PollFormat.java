package io.tailwater.edge.poll;

import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;

/** Events as the elements of a JSON list. */
final class PollFormat implements WireFormat<EventBytes> {
  static final PollFormat JSON = new PollFormat();

  private PollFormat() {}

  @Override
  public int slot() {
    return 3;
  }

  @Override
  public EventBytes encode(Run run) {
    return EventBytes.of(run, EventJson::writeEvent);
  }
}
