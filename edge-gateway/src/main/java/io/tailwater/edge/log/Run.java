package io.tailwater.edge.log;

import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.v1.Event;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Immutable, for any thread: all events of one selection in (from, through], which lie in one
 * partition, encoded once for each wire format that a reader wants. Counted by reference, since its
 * encodings are direct memory.
 */
public final class Run extends AbstractReferenceCounted {
  /** The end of a channel that is not known to be closed. */
  public static final long OPEN = Long.MAX_VALUE;

  private static final int OVERHEAD_BYTES = 200;
  private static final VarHandle LATE = lateField();

  private final Selection selection;
  private final Epoch epoch;
  private final long from;
  private final long through;
  private final List<Event> events;

  /** The offset of the channel's last event here, wanted or not; {@code from} for a pattern. */
  private final long last;

  private final boolean closes;
  private final boolean page;
  private final long leftOutBytes;
  private final AtomicReferenceArray<@Nullable EncodedRun> encodings =
      new AtomicReferenceArray<>(FormatSlot.taken());

  /** The encodings in formats that were constructed after this run; null while there are none. */
  private volatile @Nullable AtomicReferenceArray<@Nullable EncodedRun> late;

  private Run(
      Selection selection,
      Epoch epoch,
      long from,
      long through,
      List<Event> events,
      long last,
      boolean closes,
      boolean page,
      long leftOutBytes) {
    this.selection = selection;
    this.epoch = epoch;
    this.from = from;
    this.through = through;
    this.events = events;
    this.last = last;
    this.closes = closes;
    this.page = page;
    this.leftOutBytes = leftOutBytes;
  }

  /**
   * A run of a tail.
   *
   * @param events all events of the scope, of which those of the wanted types are kept
   */
  public static Run live(
      Selection selection, Epoch epoch, long from, long through, List<Event> events) {
    // Only a channel ends; a pattern goes on when one of its channels is closed.
    Event last =
        selection.scope() instanceof Channel && !events.isEmpty() ? events.getLast() : null;
    List<Event> wanted =
        selection.types().isEmpty() ? events : events.stream().filter(selection::takes).toList();
    return new Run(
        selection,
        epoch,
        from,
        through,
        wanted,
        last == null ? from : last.getOffset(),
        last != null && last.getCloses(),
        false,
        0);
  }

  /**
   * A run that is read from the log for those who lie below the floor.
   *
   * @param leftOutBytes the size of events that were read and are not wanted, bytes
   */
  public static Run page(
      Selection selection,
      Epoch epoch,
      long from,
      long through,
      List<Event> events,
      long leftOutBytes) {
    return new Run(selection, epoch, from, through, events, from, false, true, leftOutBytes);
  }

  /** The same run without what a redaction of its channel takes out; itself if that is nothing. */
  public Run without(Event redaction) {
    List<Event> left = Redactions.apply(redaction, events);
    return left == events
        ? this
        : new Run(selection, epoch, from, through, left, last, closes, page, leftOutBytes);
  }

  /** Whether it was read from the log for a replay. */
  public boolean isPage() {
    return page;
  }

  /** The size of events that were read for this page and are not wanted, bytes. */
  long leftOutBytes() {
    return leftOutBytes;
  }

  /** The full name of the channel of one of its events. */
  public String channel(Event event) {
    return switch (selection.scope()) {
      case Channel channel -> channel.toString();
      case ChannelPattern pattern -> pattern.namespace() + ":" + event.getChannelKey();
    };
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

  /** Whether it says anything to readers: it has an event, or its channel is closed by it. */
  public boolean matters() {
    return closes || !events.isEmpty();
  }

  /** The offset of its last event; of {@code through} if it has none. */
  long newestOffset() {
    return events.isEmpty() ? through : events.getLast().getOffset();
  }

  /**
   * The offset through which its channel is closed once this run is appended, or {@link #OPEN}. An
   * event beyond a closed end shows that retention has removed the closing event, and that the
   * channel went on.
   *
   * @param before the same before this run
   */
  public long closedThrough(long before) {
    if (closes) {
      return through;
    }
    return last > before ? OPEN : before;
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
