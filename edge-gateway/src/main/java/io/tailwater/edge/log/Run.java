package io.tailwater.edge.log;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Immutable, for any thread: all events of one channel in (from, through], encoded once for each
 * wire format that a reader wants. Counted by reference, since its encodings are direct memory.
 */
public final class Run extends AbstractReferenceCounted {
  /** The end of a channel that is not known to be closed. */
  public static final long OPEN = Long.MAX_VALUE;

  private static final int OVERHEAD_BYTES = 200;
  private static final VarHandle LATE = lateField();

  private final Channel channel;
  private final Epoch epoch;
  private final long from;
  private final long through;
  private final List<Event> events;
  private final boolean page;
  private final AtomicReferenceArray<@Nullable EncodedRun> encodings =
      new AtomicReferenceArray<>(FormatSlot.taken());

  /** The encodings in formats that were constructed after this run; null while there are none. */
  private volatile @Nullable AtomicReferenceArray<@Nullable EncodedRun> late;

  private Run(
      Channel channel, Epoch epoch, long from, long through, List<Event> events, boolean page) {
    this.channel = channel;
    this.epoch = epoch;
    this.from = from;
    this.through = through;
    this.events = events;
    this.page = page;
  }

  /** A run of a channel's tail. */
  public static Run live(
      Channel channel, Epoch epoch, long from, long through, List<Event> events) {
    return new Run(channel, epoch, from, through, events, false);
  }

  /** A run that is read from the log for those who lie below the floor. */
  public static Run page(
      Channel channel, Epoch epoch, long from, long through, List<Event> events) {
    return new Run(channel, epoch, from, through, events, true);
  }

  /** Whether it was read from the log for a replay. */
  public boolean isPage() {
    return page;
  }

  public Channel channel() {
    return channel;
  }

  public Epoch epoch() {
    return epoch;
  }

  /** The offset before its first. */
  public long from() {
    return from;
  }

  /** The offset through which it has everything of its channel. */
  public long through() {
    return through;
  }

  public List<Event> events() {
    return events;
  }

  boolean closes() {
    return !events.isEmpty() && events.getLast().getCloses();
  }

  /**
   * The offset through which its channel is closed once this run is appended, or {@link #OPEN}. An
   * event beyond a closed end shows that retention has removed the closing event, and that the
   * channel went on.
   *
   * @param before the same before this run
   */
  public long closedThrough(long before) {
    if (closes()) {
      return through;
    }
    boolean goesOn = !events.isEmpty() && events.getLast().getOffset() > before;
    return goesOn ? OPEN : before;
  }

  /** The memory it takes, bytes, roughly: the events and one encoding. */
  public int weight() {
    int data = 0;
    for (Event event : events) {
      data += event.getData().size() + OVERHEAD_BYTES;
    }
    return 2 * data;
  }

  /** Index of the first event beyond an offset; {@code events().size()} if there is none. */
  int indexAfter(long offset) {
    int low = 0;
    int high = events.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (events.get(middle).getOffset() <= offset) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /** The size of its events when encoded, bytes, roughly. */
  public int encodedBytes() {
    return weight() / 2 + 64;
  }

  /** Its encoding in the format of this slot; null if there is none yet. */
  @Nullable EncodedRun encoding(int slot) {
    if (slot < encodings.length()) {
      return encodings.get(slot);
    }
    AtomicReferenceArray<@Nullable EncodedRun> more = late;
    return more == null ? null : more.get(slot - encodings.length());
  }

  /** Keeps an encoding, unless another thread was first; returns the one that is kept. */
  EncodedRun keep(int slot, EncodedRun mine) {
    EncodedRun first =
        slot < encodings.length()
            ? encodings.compareAndExchange(slot, null, mine)
            : lateEncodings().compareAndExchange(slot - encodings.length(), null, mine);
    if (first == null) {
      return mine;
    }
    mine.release();
    return first;
  }

  private AtomicReferenceArray<@Nullable EncodedRun> lateEncodings() {
    AtomicReferenceArray<@Nullable EncodedRun> more = late;
    if (more == null) {
      more = new AtomicReferenceArray<>(FormatSlot.MAX_FORMATS - encodings.length());
      if (!LATE.compareAndSet(this, null, more)) {
        more = Objects.requireNonNull(late);
      }
    }
    return more;
  }

  private static VarHandle lateField() {
    try {
      return MethodHandles.lookup().findVarHandle(Run.class, "late", AtomicReferenceArray.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  @Override
  protected void deallocate() {
    release(encodings);
    AtomicReferenceArray<@Nullable EncodedRun> more = late;
    if (more != null) {
      release(more);
    }
  }

  private static void release(AtomicReferenceArray<@Nullable EncodedRun> encodings) {
    for (int slot = 0; slot < encodings.length(); slot++) {
      EncodedRun encoding = encodings.getAndSet(slot, null);
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
