package io.tailwater.edge.log;

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
  private final AtomicReferenceArray<WireFormat.@Nullable Encoding> encodings =
      new AtomicReferenceArray<>(WireFormat.SLOTS);

  Run(Channel channel, Epoch epoch, long from, long through, List<Event> events) {
    this.channel = channel;
    this.epoch = epoch;
    this.from = from;
    this.through = through;
    this.events = events;
  }

  public Channel channel() {
    return channel;
  }

  public Epoch epoch() {
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

  /** About how many bytes its events take when encoded. */
  public int encodedBytes() {
    return weight() / 2 + 64;
  }

  /** Its events in a wire format, encoded with the first reader that wants it. */
  @SuppressWarnings("unchecked")
  public <E extends WireFormat.Encoding> E encoded(WireFormat<E> format) {
    WireFormat.Encoding known = encodings.get(format.slot());
    if (known != null) {
      return (E) known;
    }
    E mine = format.encode(this);
    // Two loops may come here at once: the first one's encoding stays.
    WireFormat.Encoding first = encodings.compareAndExchange(format.slot(), null, mine);
    if (first == null) {
      return mine;
    }
    mine.release();
    return (E) first;
  }

  @Override
  protected void deallocate() {
    for (int slot = 0; slot < encodings.length(); slot++) {
      WireFormat.Encoding encoding = encodings.getAndSet(slot, null);
      if (encoding != null) {
        encoding.release();
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
}
