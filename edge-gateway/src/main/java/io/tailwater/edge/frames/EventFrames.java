package io.tailwater.edge.frames;

import io.netty.buffer.ByteBuf;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.log.EncodedRun;
import io.tailwater.edge.websocket.FrameHeader;
import io.tailwater.edge.websocket.PerMessageDeflate;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: a run as the frames that carry it, header included, with as many events in a frame as
 * fit. Every reader that has nothing of a frame yet gets the very same bytes. A reader that stands
 * inside a frame gets a header of its own, and the rest of the same bytes.
 */
final class EventFrames implements EncodedRun {
  /** Longest header with what comes before the first event, bytes. */
  static final int MAX_HEAD_BYTES = FrameHeader.MAX_BYTES + 16;

  private final Framing format;
  private final ByteBuf bytes;
  private final int[] firsts;
  private final int[] frameStarts;
  private final int[] eventStarts;
  private final @Nullable EventFrames plain;

  /** How the frame around events is written. */
  interface Framing {
    /**
     * Writes the header of a frame and what stands before its first event.
     *
     * @param body how many bytes the events take, with what separates them
     */
    void writeHead(int body, ByteBuf out);

    /** How many bytes follow the last event. */
    int suffixBytes();

    /**
     * Writes the header of a frame of a pattern and what stands before its first event.
     *
     * @param body how many bytes the events take, with what separates them
     * @param suffix what follows them, without what {@link #suffixBytes} counts
     */
    void writePatternHead(int body, int suffix, ByteBuf out);
  }

  private EventFrames(
      Framing format,
      ByteBuf bytes,
      int[] firsts,
      int[] frameStarts,
      int[] eventStarts,
      @Nullable EventFrames plain) {
    this.format = format;
    this.bytes = bytes;
    this.firsts = firsts;
    this.frameStarts = frameStarts;
    this.eventStarts = eventStarts;
    this.plain = plain;
  }

  /**
   * @param firsts the index of each frame's first event
   * @param frameStarts where each frame begins
   * @param eventStarts where each event begins
   */
  static EventFrames plain(
      Framing format, ByteBuf bytes, int[] firsts, int[] frameStarts, int[] eventStarts) {
    return new EventFrames(format, bytes, firsts, frameStarts, eventStarts, null);
  }

  /** The same frames compressed; what is left of one is taken from the plain ones. */
  static EventFrames compressed(Framing format, EventFrames plain) {
    ByteBuf out = plain.bytes.alloc().directBuffer(plain.bytes.readableBytes() / 2 + 64);
    int[] starts = new int[plain.firsts.length];
    for (int frame = 0; frame < starts.length; frame++) {
      starts[frame] = out.writerIndex();
      int start = plain.frameStarts[frame];
      int length = plain.frameEnd(frame) - start;
      PerMessageDeflate.compress(plain.bytes.slice(start, length), out);
    }
    return new EventFrames(format, out, plain.firsts, starts, plain.eventStarts, plain);
  }

  /** The index after the last event of the frame that this event is in. */
  int endOf(int index) {
    int frame = frameOf(index);
    return frame + 1 < firsts.length ? firsts[frame + 1] : eventStarts.length;
  }

  /** Writes this event and those that follow it in its frame. */
  void write(int index, Outlet outlet) {
    int frame = frameOf(index);
    if (firsts[frame] == index) {
      int start = frameStarts[frame];
      outlet.write(bytes, start, frameEnd(frame) - start);
    } else if (plain != null) {
      plain.write(index, outlet);
    } else {
      int start = eventStarts[index];
      int length = frameEnd(frame) - start;
      ByteBuf head = bytes.alloc().directBuffer(MAX_HEAD_BYTES);
      format.writeHead(length - format.suffixBytes(), head);
      outlet.write(head);
      outlet.write(bytes, start, length);
    }
  }

  /**
   * Writes this event and those that follow it in its frame, in a frame of the reader's own: the
   * bytes of the events are shared, and what follows them is not. Of plain frames only.
   *
   * @param suffix what follows the events; released when it is written
   */
  void writeOfPattern(int index, ByteBuf suffix, Outlet outlet) {
    int start = eventStarts[index];
    int length = frameEnd(frameOf(index)) - format.suffixBytes() - start;
    ByteBuf head = bytes.alloc().directBuffer(MAX_HEAD_BYTES);
    format.writePatternHead(length, suffix.readableBytes(), head);
    outlet.write(head);
    outlet.write(bytes, start, length);
    outlet.write(suffix);
  }

  private int frameOf(int index) {
    int found = Arrays.binarySearch(firsts, index);
    return found >= 0 ? found : -found - 2;
  }

  private int frameEnd(int frame) {
    return frame + 1 < frameStarts.length ? frameStarts[frame + 1] : bytes.writerIndex();
  }

  @Override
  public void release() {
    bytes.release();
  }
}
