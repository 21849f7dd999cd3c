package io.tailwater.core.state;

import static io.tailwater.contract.v1.EntryOp.ADD;
import static io.tailwater.contract.v1.EntryOp.DELETE;
import static io.tailwater.contract.v1.EntryOp.EXCLUDE;
import static io.tailwater.contract.v1.EntryOp.INCLUDE;
import static io.tailwater.contract.v1.EntryOp.PUT;
import static io.tailwater.core.state.Writes.FOREVER;
import static io.tailwater.core.state.Writes.NOW;
import static io.tailwater.core.state.Writes.version;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.core.state.Reduction.Applied;
import io.tailwater.core.state.Reduction.Refused;
import io.tailwater.core.state.Reduction.Superseded;
import io.tailwater.core.state.Writes.Write;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Single decisions of the reducer; all orders of them are {@link ReducerPropertyTest}'s. */
final class ReducerTest {
  private static final Terms FINITE = new Terms(Writes.EPOCH, 0, false);
  private static final long DAY_MS = 86_400_000;

  @Test
  void aPreconditionIsMetByTheVersionAlone() {
    Entry one = entry(FOREVER, null, Write.of(PUT, "1", "a"), 5);
    assertThat(one.version()).isEqualTo(5);
    Write next = Write.of(PUT, "2", "b");
    assertThat(next.expecting(version(5)).apply(FOREVER, one, 6, NOW)).isInstanceOf(Applied.class);
    assertRefused(Reason.IF, next.expecting(version(4)), one);
    assertRefused(Reason.IF, next.expecting(new Expected.Absent()), one);
    assertRefused(Reason.IF, next.expecting(new Expected.Exists()), null);
    assertRefused(Reason.IF, next.expecting(version(5)), null);
    assertThat(next.expecting(new Expected.Absent()).apply(FOREVER, null, 6, NOW))
        .isInstanceOf(Applied.class);
  }

  @Test
  void aVersionThatRetentionRemovedStillMatchesIfNothingWasWrittenSince() {
    Entry old = entry(FINITE, null, Write.of(PUT, "1", "a"), 5);
    Terms later = new Terms(Writes.EPOCH, 10, false);
    Write next = Write.of(PUT, "2", "b").expecting(version(5));
    assertThat(next.apply(later, old, 20, NOW)).isInstanceOf(Applied.class);
    assertThat(next.apply(later, null, 20, NOW)).isInstanceOf(Applied.class);
    Entry deleted = entry(later, null, Write.of(DELETE, "", "c"), 15);
    assertThat(next.apply(later, deleted, 20, NOW)).isEqualTo(new Refused(Reason.IF));
  }

  @Test
  void anOpThatDoesNotFitIsRefusedBeforeThePrecondition() {
    Entry counter = entry(FOREVER, null, Write.of(ADD, "1", "a"), 1);
    Entry set = entry(FOREVER, null, Write.of(INCLUDE, "[1]", "a"), 1);
    Entry register = entry(FOREVER, null, Write.of(PUT, "1", "a"), 1);
    Write unmet = Write.of(PUT, "1", "b").expecting(version(9));
    assertRefused(Reason.OP, unmet, counter);
    assertRefused(Reason.OP, Write.of(INCLUDE, "[]", "b"), counter);
    assertRefused(Reason.OP, Write.of(ADD, "1", "b"), set);
    assertRefused(Reason.OP, Write.of(ADD, "1", "b"), register);
    assertRefused(Reason.OP, Write.of(EXCLUDE, "[]", "b"), register);
    assertRefused(Reason.OP, Write.of(DELETE, "", "b").at(NOW), counter);
    Reduction plain = Write.of(DELETE, "", "b").apply(FOREVER, counter, 2, NOW);
    assertThat(applied(plain).entry()).isNull();
  }

  @Test
  void countersAndClocksNeedALogThatKeepsAll() {
    assertThat(Write.of(ADD, "1", "a").apply(FINITE, null, 1, NOW))
        .isEqualTo(new Refused(Reason.OP));
    assertThat(Write.of(PUT, "1", "a").at(NOW).apply(FINITE, null, 1, NOW))
        .isEqualTo(new Refused(Reason.OP));
  }

  @Test
  void aWriterWhoseClockIsFarOffIsRefused() {
    assertRefused(Reason.AHEAD, Write.of(PUT, "1", "a").at(NOW + 300_001), null);
    assertThat(Write.of(PUT, "1", "a").at(NOW + 300_000).apply(FOREVER, null, 1, NOW))
        .isInstanceOf(Applied.class);
    assertRefused(Reason.TOO_OLD, Write.of(ADD, "1", "a").at(NOW - 30 * DAY_MS - 1), null);
    assertRefused(Reason.INVALID, Write.of(PUT, "1", "").at(NOW), null);
  }

  @Test
  void anEarlierClockLosesAndTheGreaterKeyWinsATie() {
    Entry before = entry(FOREVER, null, Write.of(PUT, "1", "m").at(NOW - 10), 1);
    assertThat(Write.of(PUT, "2", "z").at(NOW - 11).apply(FOREVER, before, 2, NOW))
        .isInstanceOf(Superseded.class);
    assertThat(Write.of(PUT, "2", "a").at(NOW - 10).apply(FOREVER, before, 2, NOW))
        .isInstanceOf(Superseded.class);
    assertThat(Write.of(PUT, "2", "z").at(NOW - 10).apply(FOREVER, before, 2, NOW))
        .isInstanceOf(Applied.class);
    // Without a clock a writer has the log's, which is never behind.
    Entry ahead = entry(FOREVER, null, Write.of(PUT, "1", "m").at(NOW + 1_000), 1);
    assertThat(Write.of(PUT, "2", "a").apply(FOREVER, ahead, 2, NOW)).isInstanceOf(Applied.class);
  }

  @Test
  void aDeletedEntryComesBackOnlyWithALaterClock() {
    Entry mark = entry(FOREVER, null, Write.of(DELETE, "", "m").at(NOW - 10), 1);
    assertThat(mark.isThere()).isFalse();
    Write late = Write.of(PUT, "2", "z").at(NOW - 11);
    assertThat(late.apply(FOREVER, mark, 2, NOW)).isInstanceOf(Superseded.class);
    assertThat(late.expecting(new Expected.Absent()).at(NOW).apply(FOREVER, mark, 2, NOW))
        .isInstanceOf(Applied.class);
    assertThat(late.at(NOW + 20 * DAY_MS).apply(FOREVER, mark, 2, NOW + 31 * DAY_MS))
        .isInstanceOf(Applied.class);
  }

  @Test
  void aCounterIsExactBeyondTheNumbersOfClients() {
    Entry counter = entry(FOREVER, null, Write.of(ADD, "9007199254740992", "a"), 1);
    assertThat(counter.value().data().toStringUtf8()).isEqualTo("9007199254740992");
    Reduction next = Write.of(ADD, "1", "b").apply(FOREVER, counter, 2, NOW);
    assertThat(applied(next).event().getValue().toStringUtf8()).isEqualTo("\"9007199254740993\"");
    assertRefused(Reason.INVALID, Write.of(ADD, "9007199254740993", "b"), counter);
    assertRefused(Reason.INVALID, Write.of(ADD, "1.5", "b"), counter);
  }

  @Test
  void aSetSaysWhatReallyChanged() {
    Entry set = entry(FOREVER, null, Write.of(INCLUDE, "[\"b\",1.0,\"b\"]", "a"), 1);
    Reduction more = Write.of(INCLUDE, "[1,\"c\"]", "b").apply(FOREVER, set, 2, NOW);
    assertThat(applied(more).event().getAdded().toStringUtf8()).isEqualTo("[\"c\"]");
    Entry two = applied(more).entry();
    Reduction less = Write.of(EXCLUDE, "[1,\"b\",\"x\"]", "c").seen(1).apply(FOREVER, two, 3, NOW);
    assertThat(applied(less).event().getRemoved().toStringUtf8()).isEqualTo("[\"b\"]");
    assertThat(requireNonNull(applied(less).entry()).value().data().toStringUtf8())
        .isEqualTo("[\"c\",1]");
  }

  @Test
  void anEntryReadsBackAsItWasWritten() {
    Entry set = entry(FOREVER, null, Write.of(INCLUDE, "[\"ü\",{\"a\":1}]", "k"), 7);
    Entry register = entry(FOREVER, null, Write.of(PUT, "{}", "k"), 8);
    Entry counter = entry(FOREVER, null, Write.of(ADD, "-300", "k"), 9);
    Entry mark = entry(FOREVER, null, Write.of(DELETE, "", "k").at(NOW), 10);
    for (Entry entry : new Entry[] {set, register, counter, mark}) {
      assertThat(Entry.decode(entry.encode())).isEqualTo(entry);
      assertThat(Entry.version(entry.encode())).isEqualTo(entry.version());
    }
  }

  private static void assertRefused(Reason reason, Write write, @Nullable Entry before) {
    assertThat(write.apply(FOREVER, before, 20, NOW)).isEqualTo(new Refused(reason));
  }

  private static Entry entry(Terms terms, @Nullable Entry before, Write write, long offset) {
    return requireNonNull(applied(write.apply(terms, before, offset, NOW)).entry());
  }

  private static Applied applied(Reduction reduction) {
    return (Applied) reduction;
  }
}
