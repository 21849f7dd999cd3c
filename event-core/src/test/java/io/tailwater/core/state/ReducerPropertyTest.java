package io.tailwater.core.state;

import static io.tailwater.contract.v1.EntryOp.ADD;
import static io.tailwater.contract.v1.EntryOp.DELETE;
import static io.tailwater.contract.v1.EntryOp.EXCLUDE;
import static io.tailwater.contract.v1.EntryOp.INCLUDE;
import static io.tailwater.contract.v1.EntryOp.PUT;
import static io.tailwater.core.state.Writes.FOREVER;
import static io.tailwater.core.state.Writes.NOW;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.core.state.Writes.Write;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Writers that were offline publish in any order, some twice: the entry is the same. */
final class ReducerPropertyTest {
  private static final int ELEMENTS = 4;

  @Property(tries = 300)
  void countersConverge(@ForAll long seed) {
    Random random = new Random(seed);
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      writes.add(Write.of(ADD, Integer.toString(random.nextInt(-50, 50)), "k" + i));
    }
    assertConverges(null, writes, random);
  }

  @Property(tries = 300)
  void setsConverge(@ForAll long seed) {
    Random random = new Random(seed);
    Entry before = null;
    // What all writers have seen before they went offline.
    for (int i = 0; i < ELEMENTS; i++) {
      if (random.nextBoolean()) {
        before = after(before, Write.of(INCLUDE, "[" + i + "]", "b" + i), i);
      }
    }
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String element = "[" + random.nextInt(ELEMENTS) + "]";
      writes.add(
          random.nextBoolean()
              ? Write.of(INCLUDE, element, "k" + i)
              : Write.of(EXCLUDE, element, "k" + i).seen(ELEMENTS));
    }
    assertConverges(before, writes, random);
  }

  @Property(tries = 300)
  void registersWithClocksConverge(@ForAll long seed) {
    Random random = new Random(seed);
    List<Write> writes = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      long at = NOW - random.nextInt(5);
      writes.add(
          random.nextInt(3) == 0
              ? Write.of(DELETE, "", "k" + i).at(at)
              : Write.of(PUT, Integer.toString(i), "k" + i).at(at));
    }
    assertConverges(null, writes, random);
  }

  private static void assertConverges(@Nullable Entry before, List<Write> writes, Random random) {
    Entry one = fold(before, shuffled(writes, random));
    Entry other = fold(before, shuffled(writes, random));
    assertThat(value(one)).isEqualTo(value(other));
    assertThat(one != null && one.isThere()).isEqualTo(other != null && other.isThere());
  }

  private static String value(@Nullable Entry entry) {
    return entry == null ? "" : entry.value().data().toStringUtf8();
  }

  /** In another order, and some of them twice. */
  private static List<Write> shuffled(List<Write> writes, Random random) {
    List<Write> all = new ArrayList<>(writes);
    for (Write write : writes) {
      if (random.nextInt(3) == 0) {
        all.add(write);
      }
    }
    Collections.shuffle(all, random);
    return all;
  }

  /** As the fold does: whose key was seen before is dropped. */
  private static @Nullable Entry fold(@Nullable Entry before, List<Write> writes) {
    Set<String> keys = new HashSet<>();
    Entry entry = before;
    long offset = ELEMENTS + 1;
    for (Write write : writes) {
      if (keys.add(write.key())) {
        entry = after(entry, write, offset++);
      }
    }
    return entry;
  }

  private static @Nullable Entry after(@Nullable Entry before, Write write, long offset) {
    return switch (write.apply(FOREVER, before, offset, NOW)) {
      case Reduction.Applied applied -> applied.entry();
      case Reduction.Superseded _ -> before;
      case Reduction.Refused(Reason reason) -> throw new AssertionError(reason + " of " + write);
    };
  }
}
