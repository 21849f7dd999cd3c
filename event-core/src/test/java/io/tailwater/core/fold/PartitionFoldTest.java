package io.tailwater.core.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.Segment;
import io.tailwater.core.fold.LogRecords.Written;
import io.tailwater.core.store.Page;
import io.tailwater.core.store.Progress;
import io.tailwater.core.store.Wanted;
import io.tailwater.core.topic.Namespace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Single decisions of the fold; all of them together are {@link FoldPropertyTest}'s. */
final class PartitionFoldTest {
  private static final Namespace NAMESPACE =
      FoldRig.namespace(1, Duration.ofDays(7), Duration.ofHours(1));
  private static final long WINDOW_MS = NAMESPACE.windowMs();

  @Test
  void aPageThatLeavesOutMuchEndsEarlyAndTheNextOneGoesOn(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      String large = "\"" + "x".repeat(100_000) + "\"";
      List<Written> records = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        records.add(Written.of("lobby", large).typed("large"));
      }
      records.add(Written.of("lobby", "1").typed("small"));
      rig.fold(records, 0);
      for (Wanted wanted :
          List.of(
              new Wanted.OfChannel(LogRecords.bytes("lobby"), Set.of("small")),
              new Wanted.OfPrefix(LogRecords.bytes("lo"), Set.of("small")))) {
        long at = -1;
        int pages = 0;
        List<Long> found = new ArrayList<>();
        while (at < 20) {
          ReadPage page = rig.page(wanted, new Page.Start.After(at), 10);
          assertThat(page.getThrough()).isGreaterThan(at);
          assertThat(page.getLeftOutBytes()).isLessThan(700_000);
          page.getEventsList().forEach(event -> found.add(event.getOffset()));
          at = page.getThrough();
          pages++;
        }
        assertThat(found).containsExactly(20L);
        assertThat(pages).isBetween(3, 5);
      }
    }
  }

  @Test
  void aKeyIsForgottenWhenItsRecordIsOlderThanTheWindow(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      Written first = Written.of("a", "1").keyed("", "k").at(1_000);
      rig.fold(List.of(first, first.at(1_000 + WINDOW_MS), first.at(1_001 + WINDOW_MS)), 0);
      assertThat(offsets(rig)).containsExactly(0L, 2L);
    }
  }

  @Test
  void whatFollowsAClosingRecordIsDroppedAndWithoutAKeyNothingIsARepeat(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      Written plain = Written.of("a", "1");
      rig.fold(List.of(plain, plain, plain.closing(), plain), 0);
      rig.fold(List.of(plain, Written.of("b", "1")), 0);
      assertThat(offsets(rig)).containsExactly(0L, 1L, 2L);
    }
  }

  @Test
  void aBatchIsCutIntoSegmentsOf256KBAndALargeEventGoesAlone(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      List<Written> records = new ArrayList<>();
      records.add(Written.of("a", "\"" + "x".repeat(300_000) + "\""));
      records.addAll(Collections.nCopies(5, Written.of("a", "\"" + "x".repeat(100_000) + "\"")));
      List<Segment> segments = rig.fold(records, 4);
      assertThat(segments).extracting(Segment::getFrom).containsExactly(-1L, 0L, 2L, 4L);
      assertThat(segments).extracting(Segment::getThrough).containsExactly(0L, 2L, 4L, 9L);
    }
  }

  @Test
  void progressWithoutAnyEventIsASegmentToo(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      List<Segment> segments = rig.fold(List.of(), 3);
      assertThat(segments).hasSize(1);
      assertThat(segments.getFirst().getThrough()).isEqualTo(2);
      assertThat(segments.getFirst().getEventsList()).isEmpty();
      assertThat(rig.fold(List.of(), 0)).isEmpty();
    }
  }

  @Test
  void aCrashLosesOnlyTheNewestPartAndFoldedAgainItIsTheSame(@TempDir Path directory)
      throws IOException {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory.resolve("store"))) {
      List<Written> log = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        log.add(Written.of(i % 2 == 0 ? "a" : "b", "" + i).keyed("", "k" + i % 15));
      }
      rig.fold(log.subList(0, 10), 0);
      rig.fold(log.subList(10, 20), 0);
      rig.restart();
      rig.fold(log.subList(20, 30), 0);
      rig.fold(log.subList(30, 40), 0);
      List<Long> before = offsets(rig);
      long again = rig.crash();
      assertThat(again).isEqualTo(20);
      assertThat(offsets(rig)).allMatch(offset -> offset < 20);
      rig.fold(log.subList((int) again, 40), 0);
      assertThat(offsets(rig)).isEqualTo(before);
    }
  }

  @Test
  void onlyTheOwnerMayFoldAndWrite(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      List<Runnable> ofTheOwner =
          List.of(
              () -> rig.fold(List.of(Written.of("a", "1")), 0),
              () -> rig.fold().settle(),
              () -> rig.fold().ring().restart(0),
              () -> rig.store().wipe(rig.fold().keys(), Progress.begin("", 1, 0), "none"));
      for (Runnable each : ofTheOwner) {
        assertThat(CompletableFuture.runAsync(each))
            .failsWithin(Duration.ofSeconds(10))
            .withThrowableThat()
            .withCauseInstanceOf(AssertionError.class)
            .withMessageContaining("only thread " + Thread.currentThread().getName());
      }
    }
  }

  @Test
  void pruningRemovesWhatIsBelowTheEarliestOffsetInBoundedParts(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      rig.fold(Collections.nCopies(2_500, Written.of("a", "1").keyed("", "")), 0);
      rig.retain(2_400);
      assertThat(offsets(rig)).hasSize(100);
      for (int i = 0; i < 3; i++) {
        rig.fold().settle();
      }
      byte[] channel = LogRecords.bytes("a");
      long left =
          LongStream.range(0, 2_500)
              .mapToObj(offset -> rig.fold().keys().event(channel, offset))
              .filter(key -> rig.store().get(key) != null)
              .count();
      assertThat(left).isEqualTo(100);
    }
  }

  @Test
  void aPartitionThatBeginsAnewIsNotCaughtUpUntilItHasReachedAnEndThatWasAskedForSince(
      @TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      rig.fold(List.of(Written.of("a", "1")), 0);
      int begun = rig.fold().head().begun();
      rig.fold().rebuild(Progress.begin("BBBBBBBBBBBBBBBBBBBBBQ", 1, 0));
      assertThat(rig.fold().head().begun()).isEqualTo(begun + 1);
      rig.fold().see(new PartitionFold.Seen(FoldRig.TOPIC_ID, 0, 0));
      rig.fold().settle();
      assertThat(rig.fold().head().caughtUp()).isFalse();
      rig.fold().see(new PartitionFold.Seen("BBBBBBBBBBBBBBBBBBBBBQ", 1, 0));
      rig.fold().settle();
      assertThat(rig.fold().head().caughtUp()).isFalse();
      assertThat(rig.fold(List.of(Written.of("a", "2")), 0)).isEmpty();
      rig.fold().settle();
      assertThat(rig.fold().head().caughtUp()).isTrue();
      assertThat(rig.fold(List.of(Written.of("a", "3")), 0)).hasSize(1);
    }
  }

  private static List<Long> offsets(FoldRig rig) {
    return rig.page("a", new Page.Start.Earliest(), 1000).getEventsList().stream()
        .map(Event::getOffset)
        .toList();
  }
}
