package io.tailwater.edge.ws;

import io.netty.buffer.ByteBuf;
import io.tailwater.edge.connection.Outlet;
import io.tailwater.edge.log.EncodedRun;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A run as the frames that carry it, header included: several events in a frame, as many as fit.
 * Every reader that has nothing of a frame yet gets the very same bytes; one that stands inside of
 * it gets a header of its own, and the rest of the same bytes.
 */
final class WsFrames implements EncodedRun {
  private final WsFormat format;
  private final ByteBuf bytes;
  private final int[] firsts;
  private final int[] frameStarts;
  private final int[] eventStarts;
  private final @Nullable WsFrames plain;

  private WsFrames(
      WsFormat format,
      ByteBuf bytes,
      int[] firsts,
      int[] frameStarts,
      int[] eventStarts,
      @Nullable WsFrames plain) {
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
  static WsFrames plain(
      WsFormat format, ByteBuf bytes, int[] firsts, int[] frameStarts, int[] eventStarts) {
    return new WsFrames(format, bytes, firsts, frameStarts, eventStarts, null);
  }

  /** The same frames compressed; what is left of one is taken from the plain ones. */
  static WsFrames compressed(WsFormat format, WsFrames plain) {
    ByteBuf out = plain.bytes.alloc().directBuffer(plain.bytes.readableBytes() / 2 + 64);
    int[] starts = new int[plain.firsts.length];
    for (int frame = 0; frame < starts.length; frame++) {
      starts[frame] = out.writerIndex();
      int start = plain.frameStarts[frame];
      int length = plain.frameEnd(frame) - start;
      format.compress(plain.bytes.slice(start, length), out);
    }
    return new WsFrames(format, out, plain.firsts, starts, plain.eventStarts, plain);
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
      ByteBuf head = bytes.alloc().directBuffer(WsFormat.MAX_HEAD_BYTES);
      format.writeHead(length - format.suffixBytes(), head);
      outlet.write(head);
      outlet.write(bytes, start, length);
    }
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
