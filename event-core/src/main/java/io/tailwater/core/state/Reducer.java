package io.tailwater.core.state;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Reduction.Applied;
import io.tailwater.core.state.Reduction.Refused;
import io.tailwater.core.state.Reduction.Superseded;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Stateless: the pure function (entry, event) to entry or refusal. The closing of channels and
 * repeated keys are judged before, by the fold. Here the order is: fit of the op, precondition,
 * writer's clock.
 */
public final class Reducer {
  private Reducer() {}

  /**
   * Applies an event.
   *
   * @param stored the entry before it; null if there is none. One whose version lies below the
   *     earliest offset counts as none
   * @param event as it was decoded, with its entry and op
   */
  public static Reduction apply(
      Terms terms, @Nullable Entry stored, EntryWrite write, Event event) {
    if (write.malformed() || write.hasClock() && event.getKey().isEmpty()) {
      return new Refused(Reason.INVALID);
    }
    if (!terms.forever() && write.isRememberedLong()) {
      return new Refused(Reason.OP);
    }
    Entry before = standing(terms, stored, event);
    if (!fits(before, write)) {
      return new Refused(Reason.OP);
    }
    if (!meets(terms, before, write.expected())) {
      return new Refused(Reason.IF);
    }
    if (write.hasClock()) {
      if (write.atMs() - event.getTsMs() > Terms.MAX_AHEAD_MS) {
        return new Refused(Reason.AHEAD);
      }
      if (event.getTsMs() - write.atMs() > Terms.KEY_MEMORY_MS) {
        return new Refused(Reason.TOO_OLD);
      }
      if (before != null && !write.isCommutative() && isLater(before, write, event)) {
        return new Superseded(event.toBuilder().setSuperseded(true).build());
      }
    }
    return switch (write.op()) {
      case DELETE -> new Applied(deleted(terms, before, write, event), event);
      case ADD -> added(before, event);
      case INCLUDE -> included(before, event);
      case EXCLUDE -> excluded(terms, before, write, event);
      case PUT, ENTRY_OP_UNSPECIFIED, UNRECOGNIZED ->
          new Applied(
              entry(new Value.Register(event.getKind(), event.getData()), write, event), event);
    };
  }

  /** The entry that the event finds: neither expired nor a mark that has had its time. */
  private static @Nullable Entry standing(Terms terms, @Nullable Entry stored, Event event) {
    if (stored == null || stored.version() < terms.earliest()) {
      return null;
    }
    boolean over =
        terms.forever()
            && !stored.isThere()
            && event.getTsMs() - stored.tsMs() > Terms.KEY_MEMORY_MS;
    return over ? null : stored;
  }

  private static boolean fits(@Nullable Entry before, EntryWrite write) {
    if (before == null) {
      return true;
    }
    return switch (before.value()) {
      case Value.Gone() -> true;
      case Value.Register _ -> !write.isCommutative();
      case Value.Counter _ -> write.op() == EntryOp.ADD || isPlainDelete(write);
      case Value.Elements _ ->
          write.op() == EntryOp.INCLUDE || write.op() == EntryOp.EXCLUDE || isPlainDelete(write);
    };
  }

  private static boolean isPlainDelete(EntryWrite write) {
    return write.op() == EntryOp.DELETE && !write.hasClock();
  }

  /**
   * Whether the entry is as expected. A version that retention has removed still matches, if
   * nothing was written since: else a rebuild would drop what was stored while it was retained.
   */
  private static boolean meets(Terms terms, @Nullable Entry before, Expected expected) {
    boolean there = before != null && before.isThere();
    return switch (expected) {
      case Expected.Any() -> true;
      case Expected.Absent() -> !there;
      case Expected.Exists() -> there;
      case Expected.Version(var id) -> {
        if (!id.epoch().text().equals(terms.epoch())) {
          yield false;
        }
        yield before == null
            ? !terms.forever() && id.offset() < terms.earliest()
            : there && id.offset() == before.version();
      }
    };
  }

  /** Whether the entry was written with a later clock, or with a greater key at the same time. */
  private static boolean isLater(Entry before, EntryWrite write, Event event) {
    if (before.atMs() != write.atMs()) {
      return before.atMs() > write.atMs();
    }
    int keys = Arrays.compareUnsigned(utf8(before.key()), utf8(event.getKey()));
    return keys == 0
        ? Arrays.compareUnsigned(utf8(before.by()), utf8(event.getBy())) > 0
        : keys > 0;
  }

  private static @Nullable Entry deleted(
      Terms terms, @Nullable Entry before, EntryWrite write, Event event) {
    // Where records expire, the mark tells an entry that was deleted from one that expired.
    if (write.hasClock() || !terms.forever()) {
      return entry(new Value.Gone(), write, event);
    }
    return before != null && !before.isThere() ? before : null;
  }

  private static Reduction added(@Nullable Entry before, Event event) {
    BigInteger amount = Numbers.amount(event.getData().toByteArray());
    if (amount == null) {
      return new Refused(Reason.INVALID);
    }
    BigInteger sum =
        before != null && before.value() instanceof Value.Counter(BigInteger so)
            ? so.add(amount)
            : amount;
    return new Applied(
        entry(new Value.Counter(sum), event),
        event.toBuilder().setValue(Numbers.counter(sum)).build());
  }

  private static Reduction included(@Nullable Entry before, Event event) {
    List<String> wanted = Canonical.elements(event.getData().toByteArray());
    if (wanted == null) {
      return new Refused(Reason.INVALID);
    }
    SortedMap<String, Long> elements = elements(before);
    List<String> added = new ArrayList<>();
    for (String element : wanted) {
      if (elements.put(element, event.getOffset()) == null) {
        added.add(element);
      }
    }
    Value.Elements after = new Value.Elements(elements);
    if (after.weight() > StateLimits.FOLD_SET_BYTES) {
      return new Refused(Reason.TOO_LARGE);
    }
    return new Applied(
        entry(after, event), event.toBuilder().setAdded(Canonical.array(added)).build());
  }

  private static Reduction excluded(
      Terms terms, @Nullable Entry before, EntryWrite write, Event event) {
    List<String> unwanted = Canonical.elements(event.getData().toByteArray());
    if (unwanted == null) {
      return new Refused(Reason.INVALID);
    }
    long seen = seen(terms, write);
    SortedMap<String, Long> elements = elements(before);
    List<String> removed = new ArrayList<>();
    for (String element : unwanted) {
      Long included = elements.get(element);
      if (included != null && included <= seen) {
        elements.remove(element);
        removed.add(element);
      }
    }
    ByteString list = Canonical.array(removed);
    return new Applied(
        entry(new Value.Elements(elements), event), event.toBuilder().setRemoved(list).build());
  }

  /** A writer that has seen another incarnation of the topic has seen nothing of this one. */
  private static long seen(Terms terms, EntryWrite write) {
    if (write.seen() == null) {
      return Long.MAX_VALUE;
    }
    return write.seen().epoch().text().equals(terms.epoch()) ? write.seen().offset() : -1;
  }

  private static SortedMap<String, Long> elements(@Nullable Entry before) {
    return before != null && before.value() instanceof Value.Elements(var elements)
        ? new TreeMap<>(elements)
        : new TreeMap<>();
  }

  private static Entry entry(Value value, EntryWrite write, Event event) {
    long atMs = write.hasClock() ? write.atMs() : event.getTsMs();
    return new Entry(
        value, event.getOffset(), atMs, event.getKey(), event.getBy(), event.getTsMs());
  }

  private static Entry entry(Value value, Event event) {
    return new Entry(value, event.getOffset(), event.getTsMs(), "", event.getBy(), event.getTsMs());
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
