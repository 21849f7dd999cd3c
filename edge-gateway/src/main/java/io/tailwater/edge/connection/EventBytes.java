package io.tailwater.edge.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import io.tailwater.edge.log.EncodedRun;
import io.tailwater.edge.log.Run;

/** A run encoded event by event, one after the other. */
public final class EventBytes implements EncodedRun {
  private final ByteBuf bytes;
  private final int[] ends;

  private EventBytes(ByteBuf bytes, int[] ends) {
    this.bytes = bytes;
    this.ends = ends;
  }

  /** Writes one event of a run. */
  @FunctionalInterface
  public interface Writer {
    /** Appends the event of a channel, whose full name is given. */
    void write(String channel, Epoch epoch, Event event, ByteBuf out);
  }

  /** Encodes all events of a run. */
  public static EventBytes of(Run run, Writer writer) {
    ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(run.encodedBytes());
    int[] ends = new int[run.events().size()];
    for (int i = 0; i < ends.length; i++) {
      Event event = run.events().get(i);
      writer.write(run.channel(event), run.epoch(), event, bytes);
      ends[i] = bytes.writerIndex();
    }
    return new EventBytes(bytes, ends);
  }

  /** Writes the events from this index on. */
  public void writeFrom(int index, Outlet outlet) {
    int start = start(index);
    outlet.write(bytes, start, ends[ends.length - 1] - start);
  }

  /** The bytes of one event, retained for the caller. */
  public ByteBuf at(int index) {
    int start = start(index);
    return bytes.retainedSlice(start, ends[index] - start);
  }

  private int start(int index) {
    return index == 0 ? 0 : ends[index - 1];
  }

  @Override
  public void release() {
    bytes.release();
  }
}
