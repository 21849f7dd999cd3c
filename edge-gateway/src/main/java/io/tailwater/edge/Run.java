package io.tailwater.edge;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * All events of one channel in (from, through], encoded once for each wire format that a reader
 * wants. Immutable to its readers and shared between event loops; counted by reference, since its
 * bytes are direct memory.
 */
public final class Run extends AbstractReferenceCounted {
  private static final int OVERHEAD_BYTES = 200;

  private final Channel channel;
  private final Epoch epoch;
  private final long from;
  private final long through;
  private final List<Event> events;
  private final AtomicReferenceArray<@Nullable Encoding> encodings =
      new AtomicReferenceArray<>(WireFormat.SLOTS);

  Run(Channel channel, Epoch epoch, long from, long through, List<Event> events) {
    this.channel = channel;
    this.epoch = epoch;
    this.from = from;
    this.through = through;
    this.events = events;
  }

  Epoch epoch() {
    return epoch;
  }

  long from() {
    return from;
  }

  long through() {
    return through;
  }

  public List<Event> events() {
    return events;
  }

  boolean closes() {
    return !events.isEmpty() && events.getLast().getCloses();
  }

  /**
   * Through where its channel is closed, once this run has followed what was known to be closed
   * through {@code before}. An event beyond a closed end shows that retention has removed the
   * closing event, and that the channel went on.
   */
  long closedThrough(long before) {
    if (closes()) {
      return through;
    }
    boolean goesOn = !events.isEmpty() && events.getLast().getOffset() > before;
    return goesOn ? Tail.OPEN : before;
  }

  /** About what it takes of memory, bytes: the events and one encoding. */
  int weight() {
    int data = 0;
    for (Event event : events) {
      data += event.getData().size() + OVERHEAD_BYTES;
    }
    return 2 * data;
  }

  /** Index of the first event beyond a position; {@code events().size()} if there is none. */
  int indexAfter(long position) {
    int low = 0;
    int high = events.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (events.get(middle).getOffset() <= position) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The bytes of the events from this index on, retained for the caller. */
  public ByteBuf bytes(WireFormat format, int index) {
    Encoding encoding = encoded(format);
    int start = index == 0 ? 0 : encoding.ends[index - 1];
    return encoding.bytes.retainedSlice(start, encoding.bytes.writerIndex() - start);
  }

  /** The bytes of one event, retained for the caller. */
  public ByteBuf bytesOf(WireFormat format, int index) {
    Encoding encoding = encoded(format);
    int start = index == 0 ? 0 : encoding.ends[index - 1];
    return encoding.bytes.retainedSlice(start, encoding.ends[index] - start);
  }

  private Encoding encoded(WireFormat format) {
    Encoding known = encodings.get(format.slot());
    if (known != null) {
      return known;
    }
    ByteBuf bytes = PooledByteBufAllocator.DEFAULT.directBuffer(weight() / 2 + 64);
    int[] ends = new int[events.size()];
    for (int i = 0; i < ends.length; i++) {
      format.encode(channel, epoch, events.get(i), bytes);
      ends[i] = bytes.writerIndex();
    }
    Encoding mine = new Encoding(bytes, ends);
    // Two loops may come here at once: the first one's encoding stays.
    Encoding first = encodings.compareAndExchange(format.slot(), null, mine);
    if (first == null) {
      return mine;
    }
    bytes.release();
    return first;
  }

  @Override
  protected void deallocate() {
    for (int slot = 0; slot < encodings.length(); slot++) {
      Encoding encoding = encodings.getAndSet(slot, null);
      if (encoding != null) {
        encoding.bytes.release();
      }
    }
  }

  @Override
  public Run retain() {
    super.retain();
    return this;
  }

  @Override
  public ReferenceCounted touch(Object hint) {
    return this;
  }

  private record Encoding(ByteBuf bytes, int[] ends) {}
}
