package io.tailwater.system.protocols;

import io.netty.buffer.ByteBufUtil;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;

/** Writes an event as a line: {@code event} and its JSON. */
enum LineFormat implements WireFormat<EventBytes> {
  JSON;

  private final FormatSlot slot = FormatSlot.take();

  @Override
  public FormatSlot slot() {
    return slot;
  }

  @Override
  public EventBytes encode(Run run) {
    return EventBytes.of(
        run,
        (channel, epoch, event, out) -> {
          ByteBufUtil.writeAscii(out, "event ");
          EventJson.writeEvent(channel, epoch, event, out);
          out.writeByte('\n');
        });
  }
}
