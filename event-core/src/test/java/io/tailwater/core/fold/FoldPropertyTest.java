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
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * The fold against the design's own words: a model that keeps a list and looks through all of it.
 */
final class FoldPropertyTest {
  private static final int PARTITION = 1;
  private static final long WINDOW_MS = 100;
  private static final Namespace NAMESPACE =
      FoldRig.namespace(3, Duration.ofSeconds(10), Duration.ofMillis(WINDOW_MS));
  private static final List<String> HERE = FoldRig.channels(NAMESPACE, PARTITION, true, 3);
  private static final List<String> ELSEWHERE = FoldRig.channels(NAMESPACE, PARTITION, false, 2);

  private static final List<String> TYPES = List.of("a", "b", "c");

  private record Kept(long offset, String channel, Written record) {}

  /** What the design says, said again without thinking of speed. */
  private static final class Model {
    final List<Kept> kept = new ArrayList<>();
    long earliest;

    void add(long offset, Written record) {
      if (record.key() == null || record.value() == null) {
        return;
      }
      String channel = new String(record.key(), java.nio.charset.StandardCharsets.UTF_8);
      if (!HERE.contains(channel) || isRepeat(channel, record) || isClosed(channel)) {
        return;
      }
      kept.add(new Kept(offset, channel, record));
    }

    private boolean isRepeat(String channel, Written record) {
      return !record.idempotency().isEmpty()
          && left(channel)
              .anyMatch(
                  one ->
                      one.record().by().equals(record.by())
                          && one.record().idempotency().equals(record.idempotency())
                          && record.timestampMs() - one.record().timestampMs() <= WINDOW_MS);
    }

    boolean isClosed(String channel) {
      return left(channel)
          .reduce((before, after) -> after)
          .filter(k -> k.record().closes())
          .isPresent();
    }

    Stream<Kept> left(String channel) {
      return kept.stream().filter(one -> one.offset() >= earliest && one.channel().equals(channel));
    }
  }

  @Property(tries = 50)
  void anyLogIsFoldedAsTheDesignSays(@ForAll long seed) {
    Random random = new Random(seed);
    inDirectory(
        directory -> {
          Model model = new Model();
          try (FoldRig rig = new FoldRig(NAMESPACE, PARTITION, directory)) {
            List<Segment> segments = new ArrayList<>();
            for (int step = 0; step < 15; step++) {
              long begin = rig.fold().progress().next();
              List<Written> records = records(random, step);
              for (int i = 0; i < records.size(); i++) {
                model.add(begin + i, records.get(i));
              }
              segments.addAll(rig.fold(records, random.nextInt(3)));
              if (random.nextInt(6) == 0) {
                model.earliest =
                    Math.max(model.earliest, random.nextLong(rig.fold().progress().next() + 1));
                rig.retain(model.earliest);
              }
              if (random.nextInt(6) == 0) {
                rig.restart();
              }
              assertSame(rig, model);
            }
            assertContiguous(segments);
            assertThat(segments.stream().flatMap(s -> s.getEventsList().stream()))
                .extracting(Event::getOffset)
                .containsExactlyElementsOf(model.kept.stream().map(Kept::offset).toList());
          }
        });
  }

  @Property(tries = 20)
  void foldedInOneGoOrManyWithRestartsOrAnewTheStateIsTheSame(@ForAll long seed) {
    Random random = new Random(seed);
    List<Written> log = new ArrayList<>();
    for (int step = 0; step < 8; step++) {
      log.addAll(records(random, step));
    }
    List<ReadPage> once = new ArrayList<>();
    inDirectory(
        directory -> {
          try (FoldRig rig = new FoldRig(NAMESPACE, PARTITION, directory)) {
            rig.fold(log, 0);
            once.addAll(pages(rig));
          }
        });
    inDirectory(
        directory -> {
          try (FoldRig rig = new FoldRig(NAMESPACE, PARTITION, directory)) {
            for (int at = 0; at < log.size(); ) {
              int next = Math.min(log.size(), at + 1 + random.nextInt(10));
              rig.fold(log.subList(at, next), 0);
              at = next;
              if (random.nextInt(4) == 0) {
                rig.restart();
              }
            }
            assertThat(pages(rig)).isEqualTo(once);
            rig.fold().rebuild(Progress.begin(FoldRig.TOPIC_ID, 3, 0));
            assertThat(pages(rig)).allMatch(page -> !page.getKnown());
            rig.fold(log, 0);
            assertThat(pages(rig)).isEqualTo(once);
          }
        });
  }

  @Property(tries = 20)
  void pagesOfAnySizeInEitherDirectionAddUpToTheLog(@ForAll long seed) {
    Random random = new Random(seed);
    inDirectory(
        directory -> {
          Model model = new Model();
          try (FoldRig rig = new FoldRig(NAMESPACE, PARTITION, directory)) {
            List<Written> records = records(random, 0);
            records.addAll(records(random, 1));
            for (int i = 0; i < records.size(); i++) {
              model.add(i, records.get(i));
            }
            rig.fold(records, random.nextInt(3));
            int limit = 1 + random.nextInt(4);
            for (String channel : HERE) {
              List<Long> wanted = model.left(channel).map(Kept::offset).toList();
              assertThat(forwards(rig, channel, limit)).isEqualTo(wanted);
              assertThat(backwards(rig, channel, limit)).isEqualTo(wanted);
              int last = random.nextInt(5);
              List<Long> newest = wanted.subList(Math.max(0, wanted.size() - last), wanted.size());
              assertThat(offsets(rig.page(channel, new Page.Start.Last(last), 1000)))
                  .isEqualTo(newest);
            }
          }
        });
  }

  private static List<Long> forwards(FoldRig rig, String channel, int limit) {
    List<Long> found = new ArrayList<>();
    long at = -1;
    while (true) {
      ReadPage page = rig.page(channel, new Page.Start.After(at), limit);
      assertThat(page.getFrom()).isEqualTo(at);
      found.addAll(offsets(page));
      at = page.getThrough();
      if (at == page.getHead()) {
        return found;
      }
      assertThat(page.getEventsCount()).isEqualTo(limit);
    }
  }

  private static List<Long> backwards(FoldRig rig, String channel, int limit) {
    List<Long> found = new ArrayList<>();
    long before = rig.fold().progress().next();
    while (true) {
      ReadPage page = rig.page(channel, new Page.Start.Before(before), limit);
      assertThat(page.getThrough()).isEqualTo(before - 1);
      found.addAll(0, offsets(page));
      if (page.getFrom() == page.getEarliest()) {
        return found;
      }
      before = page.getFrom() + 1;
    }
  }

  /**
   * What the fold refused is in no page, whatever the page is of; and pages that leave out much add
   * up all the same.
   */
  @Property(tries = 20)
  void pagesOfPatternsAndTypesAddUpToTheLog(@ForAll long seed) {
    Random random = new Random(seed);
    inDirectory(
        directory -> {
          Model model = new Model();
          try (FoldRig rig = new FoldRig(NAMESPACE, PARTITION, directory)) {
            for (int step = 0; step < 6; step++) {
              long begin = rig.fold().progress().next();
              List<Written> records =
                  records(random, step).stream()
                      .map(one -> one.typed(TYPES.get(random.nextInt(TYPES.size()))))
                      .toList();
              for (int i = 0; i < records.size(); i++) {
                model.add(begin + i, records.get(i));
              }
              rig.fold(records, random.nextInt(3));
            }
            model.earliest = random.nextLong(rig.fold().progress().next() + 1);
            rig.retain(model.earliest);
            for (String prefix : List.of("", "c", HERE.getFirst(), "x")) {
              for (Set<String> types : List.of(Set.<String>of(), Set.of("a"), Set.of("a", "b"))) {
                Wanted wanted = new Wanted.OfPrefix(LogRecords.bytes(prefix), types);
                assertAddsUp(rig, wanted, random, wanted(model, prefix, types));
              }
            }
            for (String channel : HERE) {
              Wanted wanted = new Wanted.OfChannel(LogRecords.bytes(channel), Set.of("b"));
              List<Long> offsets =
                  model
                      .left(channel)
                      .filter(one -> one.record().type().equals("b"))
                      .map(Kept::offset)
                      .toList();
              assertAddsUp(rig, wanted, random, offsets);
              assertThat(rig.page(wanted, new Page.Start.Earliest(), 1000).getClosed())
                  .isEqualTo(model.isClosed(channel));
            }
          }
        });
  }

  private static List<Long> wanted(Model model, String prefix, Set<String> types) {
    return model.kept.stream()
        .filter(one -> one.offset() >= model.earliest && one.channel().startsWith(prefix))
        .filter(one -> types.isEmpty() || types.contains(one.record().type()))
        .map(Kept::offset)
        .toList();
  }

  private static void assertAddsUp(FoldRig rig, Wanted wanted, Random random, List<Long> offsets) {
    int limit = 1 + random.nextInt(4);
    List<Long> forwards = new ArrayList<>();
    long at = rig.fold().progress().earliestPosition();
    do {
      ReadPage page = rig.page(wanted, new Page.Start.After(at), limit);
      assertThat(page.getFrom()).isEqualTo(at);
      assertThat(page.getThrough()).isGreaterThanOrEqualTo(at);
      forwards.addAll(offsets(page));
      at = page.getThrough();
    } while (at < rig.fold().head().through());
    assertThat(forwards).isEqualTo(offsets);
    List<Long> backwards = new ArrayList<>();
    ReadPage page;
    long before = rig.fold().progress().next();
    do {
      page = rig.page(wanted, new Page.Start.Before(before), limit);
      backwards.addAll(0, offsets(page));
      before = page.getFrom() + 1;
    } while (page.getFrom() > page.getEarliest());
    assertThat(backwards).isEqualTo(offsets);
    int last = random.nextInt(5);
    assertThat(offsets(rig.page(wanted, new Page.Start.Last(last), 1000)))
        .isEqualTo(offsets.subList(Math.max(0, offsets.size() - last), offsets.size()));
  }

  private static void assertSame(FoldRig rig, Model model) {
    for (String channel : HERE) {
      ReadPage page = rig.page(channel, new Page.Start.Earliest(), 1000);
      assertThat(offsets(page)).isEqualTo(model.left(channel).map(Kept::offset).toList());
      assertThat(page.getClosed()).isEqualTo(model.isClosed(channel));
      assertThat(page.getKnown()).isEqualTo(model.left(channel).findAny().isPresent());
      assertThat(page.getEarliest()).isEqualTo(model.earliest - 1);
      assertThat(page.getThrough()).isEqualTo(rig.fold().head().through());
    }
    for (String channel : ELSEWHERE) {
      assertThat(rig.page(channel, new Page.Start.Earliest(), 1000).getKnown()).isFalse();
    }
  }

  private static void assertContiguous(List<Segment> segments) {
    long at = -1;
    for (Segment segment : segments) {
      assertThat(segment.getFrom()).isEqualTo(at);
      assertThat(segment.getEventsList())
          .allMatch(
              e -> e.getOffset() > segment.getFrom() && e.getOffset() <= segment.getThrough());
      at = segment.getThrough();
    }
  }

  private static List<ReadPage> pages(FoldRig rig) {
    return HERE.stream()
        .map(channel -> rig.page(channel, new Page.Start.Earliest(), 1000))
        .toList();
  }

  private static List<Long> offsets(ReadPage page) {
    return page.getEventsList().stream().map(Event::getOffset).toList();
  }

  /** Few channels, publishers and keys, and times around the window, so that they meet. */
  private static List<Written> records(Random random, int step) {
    List<Written> records = new ArrayList<>();
    int count = random.nextInt(12);
    for (int i = 0; i < count; i++) {
      records.add(
          new Written(
              key(random),
              random.nextInt(15) == 0 ? null : "{}",
              random.nextBoolean() ? "" : "p" + random.nextInt(2),
              random.nextInt(3) == 0 ? "" : "k" + random.nextInt(3),
              random.nextInt(20) == 0,
              step * 40L + random.nextInt(80)));
    }
    return records;
  }

  private static byte @Nullable [] key(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> null;
      case 1 -> LogRecords.bytes(ELSEWHERE.get(random.nextInt(ELSEWHERE.size())));
      case 2 -> new byte[] {(byte) 0xff, 1};
      default -> LogRecords.bytes(HERE.get(random.nextInt(HERE.size())));
    };
  }

  private static void inDirectory(Consumer<Path> test) {
    try {
      Path directory = Files.createTempDirectory("fold");
      try {
        test.accept(directory);
      } finally {
        try (Stream<Path> files = Files.walk(directory)) {
          files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
