package io.tailwater.edge.sse;

import io.netty.buffer.ByteBuf;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.connection.EventBytes;
import io.tailwater.edge.connection.EventJson;
import io.tailwater.edge.log.FormatSlot;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.WireFormat;
import java.nio.charset.StandardCharsets;

/** How an event is written as a block of an event stream. */
enum SseFormat implements WireFormat<EventBytes> {
  /** {@code event}, {@code data} and {@code id}; bytes in their envelope. */
  PLAIN {
    @Override
    void write(String channel, Epoch epoch, Event event, ByteBuf out) {
      if (event.getKind() == DataKind.BYTES) {
        ENVELOPE.write(channel, epoch, event, out);
        return;
      }
      ascii("event: ", out);
      ascii(event.getType(), out);
      ascii("\ndata: ", out);
      EventJson.writeData(event, out);
      id(epoch, event.getOffset(), out);
    }
  },

  /** {@code data} is the whole event, then {@code id}. */
  ENVELOPE {
    @Override
    void write(String channel, Epoch epoch, Event event, ByteBuf out) {
      envelope(channel, epoch, event, out);
      id(epoch, event.getOffset(), out);
    }
  },

  /**
   * As {@link #ENVELOPE}, but the block is left open for an id of the connection's own; not so that
   * of an ephemeral event, which moves no position.
   */
  ENVELOPE_OPEN {
    @Override
    void write(String channel, Epoch epoch, Event event, ByteBuf out) {
      envelope(channel, epoch, event, out);
      if (epoch.isEphemeral()) {
        ascii("\n\n", out);
      }
    }
  };

  private final FormatSlot slot = FormatSlot.take();

  @Override
  public FormatSlot slot() {
    return slot;
  }

  @Override
  public EventBytes encode(Run run) {
    return EventBytes.of(run, this::write);
  }

  abstract void write(String channel, Epoch epoch, Event event, ByteBuf out);

  private static void envelope(String channel, Epoch epoch, Event event, ByteBuf out) {
    ascii("data: ", out);
    EventJson.writeEvent(channel, epoch, event, out);
  }

  private static void id(Epoch epoch, long offset, ByteBuf out) {
    if (!epoch.isEphemeral()) {
      ascii("\nid: ", out);
      EventJson.writeId(epoch, offset, out);
    }
    ascii("\n\n", out);
  }

  static void ascii(String text, ByteBuf out) {
    out.writeCharSequence(text, StandardCharsets.US_ASCII);
  }
}
