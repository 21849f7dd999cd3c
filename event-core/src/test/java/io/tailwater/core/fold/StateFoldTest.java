package io.tailwater.core.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.v1.EntryOp;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.ReadPage;
import io.tailwater.contract.v1.StateCursor;
import io.tailwater.contract.v1.StateEntry;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.core.store.Page;
import io.tailwater.core.store.StateSnapshot;
import io.tailwater.core.store.StoreDump;
import io.tailwater.core.topic.Namespace;
import io.tailwater.core.topic.Rules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** State as the fold keeps it, over a real store. */
final class StateFoldTest {
  private static final long NOW = 1_700_000_000_000L;
  private static final String BOARD = "board";
  private static final List<String> NAMES = List.of("a", "b", "counter", "set", "ü");

  private static Namespace rules(@Nullable String retention, String state) {
    return Rules.USUAL.retention(retention).state(state).namespace();
  }

  /** A record before it has an offset. */
  private record Line(@Nullable String value, Map<String, String> headers) {
    ConsumerRecord<byte[], byte[]> at(long offset) {
      RecordHeaders all = new RecordHeaders();
      headers.forEach((name, text) -> all.add(name, LogRecords.bytes(text)));
      byte[] key = LogRecords.bytes(BOARD);
      byte[] data = value == null ? null : LogRecords.bytes(value);
      return new ConsumerRecord<>(
          "demo",
          0,
          offset,
          NOW + offset,
          TimestampType.LOG_APPEND_TIME,
          key.length,
          -1,
          key,
          data,
          all,
          Optional.of(0));
    }
  }

  private static Line put(String entry, String data) {
    return new Line(data, Map.of("tw-entry", entry));
  }

  private static void fold(FoldRig rig, List<Line> lines) {
    long next = rig.fold().progress().next();
    List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
    for (Line line : lines) {
      records.add(line.at(next++));
    }
    rig.fold().fold(records, next, 0);
  }

  private static Line random(Random random, FoldRig rig) {
    String name = NAMES.get(random.nextInt(NAMES.size()));
    Map<String, String> headers = new TreeMap<>(Map.of("tw-entry", name));
    headers.put("tw-key", "k" + random.nextInt(200));
    if (random.nextInt(4) == 0) {
      String epoch = rig.fold().head().epoch();
      long version = Math.max(0, rig.fold().progress().next() - 1 - random.nextInt(8));
      headers.put("tw-if", List.of("absent", "*", epoch + "-" + version).get(random.nextInt(3)));
    }
    if (random.nextInt(4) == 0) {
      headers.put("tw-at", Long.toString(NOW + random.nextInt(100)));
    }
    int number = random.nextInt(9);
    return switch (name) {
      case "counter" -> {
        headers.put("tw-op", "add");
        yield new Line(Integer.toString(number), headers);
      }
      case "set" -> {
        headers.put("tw-op", random.nextInt(3) == 0 ? "exclude" : "include");
        yield new Line("[" + number + ",\"x" + number + "\"]", headers);
      }
      default -> new Line(random.nextInt(4) == 0 ? null : "{\"n\":" + number + "}", headers);
    };
  }

  @Property(tries = 40)
  void aSnapshotAndTheEventsAfterItAreTheState(@ForAll long seed) {
    Random random = new Random(seed);
    inDirectory(
        directory -> {
          try (FoldRig rig = new FoldRig(rules("forever", "map"), 0, directory)) {
            List<StatePage> snapshots = new ArrayList<>();
            for (int step = 0; step < 12; step++) {
              List<Line> lines = new ArrayList<>();
              for (int i = random.nextInt(8); i >= 0; i--) {
                lines.add(random(random, rig));
              }
              fold(rig, lines);
              snapshots.add(snapshot(rig));
              if (random.nextInt(4) == 0) {
                rig.restart();
              }
            }
            StatePage last = snapshots.getLast();
            for (StatePage snapshot : snapshots) {
              assertThat(applied(rig, snapshot)).isEqualTo(values(last.getEntriesList()));
            }
          }
        });
  }

  @Property(tries = 25)
  void aRebuildHasTheSameBytes(@ForAll long seed) {
    Random random = new Random(seed);
    List<Line> log = new ArrayList<>();
    Map<String, String> first = new TreeMap<>();
    inDirectory(
        directory -> {
          try (FoldRig rig = new FoldRig(rules("forever", "map"), 0, directory)) {
            for (int step = 0; step < 10; step++) {
              List<Line> lines = new ArrayList<>();
              for (int i = random.nextInt(9); i >= 0; i--) {
                lines.add(random(random, rig));
              }
              log.addAll(lines);
              fold(rig, lines);
              if (random.nextInt(4) == 0) {
                rig.restart();
              }
            }
            first.putAll(StoreDump.of(rig.store()));
          }
        });
    inDirectory(
        directory -> {
          try (FoldRig rig = new FoldRig(rules("forever", "map"), 0, directory)) {
            fold(rig, log);
            assertThat(StoreDump.of(rig.store())).isEqualTo(first);
          }
        });
  }

  @Test
  void retentionRemovesWhatWasWrittenBefore(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(rules("7d", "map"), 0, directory)) {
      fold(rig, List.of(put("old", "1"), put("both", "1"), put("both", "2"), put("new", "3")));
      rig.retain(2);
      assertThat(values(snapshot(rig).getEntriesList())).isEqualTo(Map.of("both", "2", "new", "3"));
      Map<String, String> kept = StoreDump.of(rig.store());
      rig.retain(4);
      assertThat(snapshot(rig).getEntriesList()).isEmpty();
      assertThat(snapshot(rig).getPosition()).isEqualTo(3);
      assertThat(kept.size()).isGreaterThan(StoreDump.of(rig.store()).size());
    }
  }

  @Test
  void pagesOfAChangingStateEndWithTheState(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(rules("7d", "map"), 0, directory)) {
      List<Line> lines = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        lines.add(put("e%03d".formatted(i), Integer.toString(i)));
      }
      fold(rig, lines);
      Random random = new Random(1);
      Map<String, StateEntry> read = new TreeMap<>();
      StatePage page = page(rig, null);
      long position = page.getPosition();
      while (true) {
        page.getEntriesList().forEach(entry -> read.put(entry.getEntry(), entry));
        assertThat(page.getPosition()).isEqualTo(position);
        if (page.getNext().isEmpty()) {
          break;
        }
        List<Line> changes = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
          String name = "e%03d".formatted(random.nextInt(600));
          changes.add(
              random.nextBoolean()
                  ? put(name, "\"changed\"")
                  : new Line(null, Map.of("tw-entry", name)));
        }
        fold(rig, changes);
        page = page(rig, cursor(page));
      }
      StatePage first =
          StatePage.newBuilder().setPosition(position).addAllEntries(read.values()).build();
      assertThat(applied(rig, first)).isEqualTo(values(snapshot(rig).getEntriesList()));
    }
  }

  @Test
  void aRecordThatCannotBeAppliedIsDroppedAndOneWithoutAnEntryIsKept(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(rules("forever", "map"), 0, directory)) {
      fold(
          rig,
          List.of(
              new Line("1", Map.of("tw-entry", "a", "tw-op", "increase")),
              new Line("1", Map.of("tw-entry", "a", "tw-if", "yesterday")),
              new Line("1", Map.of("tw-entry", "a", "tw-at", "noon", "tw-key", "k")),
              new Line("\"x\"", Map.of("tw-entry", "a", "tw-op", "add")),
              new Line("1", Map.of("tw-entry", "tw.a"))));
      assertThat(events(rig)).extracting(Event::getOffset).containsExactly(4L);
      assertThat(snapshot(rig).getEntriesList()).isEmpty();
      assertThat(rig.fold().conflicts().reason(0)).isNotNull();
    }
  }

  @Test
  void anAnswerOfManyDeltasIsReadAsItsText(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(rules(null, "text"), 0, directory)) {
      StringBuilder text = new StringBuilder();
      List<Line> lines = new ArrayList<>();
      lines.add(new Line("{\"id\":\"x\"}", Map.of("tw-type", "start")));
      for (int i = 0; i < 3_000; i++) {
        String word = "wört" + i + " ";
        text.append(word);
        lines.add(
            new Line(
                "{\"index\":%d,\"part\":0,\"kind\":\"text\",\"text\":\"%s\",\"tokens\":1}"
                    .formatted(i, word),
                Map.of("tw-type", "delta")));
      }
      lines.add(
          new Line(
              "{\"index\":3000,\"part\":1,\"kind\":\"tool_call\",\"id\":\"c\",\"name\":\"f\",\"text\":\"{}\",\"tokens\":1}",
              Map.of("tw-type", "delta")));
      fold(rig, lines);
      StatePage running = text(rig, null, 1 << 20);
      assertThat(running.getPartsList()).hasSize(2);
      assertThat(running.getParts(0).getText()).isEqualTo(text.toString());
      assertThat(running.getParts(1).getName()).isEqualTo("f");
      assertThat(running.getIndex()).isEqualTo(3_000);
      assertThat(running.getStatus()).isEqualTo("running");
      fold(
          rig,
          List.of(
              new Line(
                  "{\"finish_reason\":\"cancelled\"}",
                  Map.of("tw-type", "finish", "tw-close", "true"))));
      StatePage page = text(rig, null, 1_000);
      assertThat(page.getPosition()).isEqualTo(running.getPosition());
      assertThat(page.getStatus()).isEqualTo("cancelled");
      StringBuilder read = new StringBuilder();
      while (true) {
        page.getPartsList().stream()
            .filter(part -> part.getPart() == 0)
            .forEach(part -> read.append(part.getText()));
        if (page.getNext().isEmpty()) {
          break;
        }
        page = text(rig, cursor(page), 1_000);
      }
      assertThat(read.toString()).isEqualTo(text.toString());
    }
  }

  private static StateCursor cursor(StatePage page) {
    try {
      return StateCursor.parseFrom(page.getNext());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static StatePage page(FoldRig rig, @Nullable StateCursor after) {
    try (StateSnapshot snapshot =
        new StateSnapshot(rig.store(), rig.fold().keys(), LogRecords.bytes(BOARD))) {
      return snapshot.entries("", after, 40, 1 << 20);
    }
  }

  private static StatePage snapshot(FoldRig rig) {
    try (StateSnapshot snapshot =
        new StateSnapshot(rig.store(), rig.fold().keys(), LogRecords.bytes(BOARD))) {
      return snapshot.entries("", null, 1_000, 1 << 20);
    }
  }

  private static StatePage text(FoldRig rig, @Nullable StateCursor after, int bytes) {
    try (StateSnapshot snapshot =
        new StateSnapshot(rig.store(), rig.fold().keys(), LogRecords.bytes(BOARD))) {
      return snapshot.text(after, bytes);
    }
  }

  private static List<Event> events(FoldRig rig) {
    List<Event> all = new ArrayList<>();
    long at = -1;
    while (at < rig.fold().progress().through()) {
      ReadPage page = rig.page(BOARD, new Page.Start.After(at), 1_000);
      all.addAll(page.getEventsList());
      at = page.getThrough();
    }
    return all;
  }

  /** What a client has that reads a snapshot and then the events after it, without a reducer. */
  private static Map<String, String> applied(FoldRig rig, StatePage snapshot) {
    Map<String, Long> versions = new TreeMap<>();
    Map<String, String> values = values(snapshot.getEntriesList());
    snapshot.getEntriesList().forEach(e -> versions.put(e.getEntry(), e.getVersion()));
    for (Event event : events(rig)) {
      boolean late =
          event.getOffset() <= snapshot.getPosition()
              || event.getOffset() <= versions.getOrDefault(event.getEntry(), -1L);
      if (late || event.getSuperseded()) {
        continue;
      }
      String name = event.getEntry();
      versions.put(name, event.getOffset());
      if (event.getOp() == EntryOp.DELETE) {
        values.remove(name);
      } else if (event.getOp() == EntryOp.PUT) {
        values.put(name, event.getData().toStringUtf8());
      } else if (event.getOp() == EntryOp.ADD) {
        values.put(name, event.getValue().toStringUtf8());
      } else {
        TreeMap<String, Boolean> elements = elements(values.getOrDefault(name, "[]"));
        elements(event.getAdded().toStringUtf8()).keySet().forEach(e -> elements.put(e, true));
        elements(event.getRemoved().toStringUtf8()).keySet().forEach(elements::remove);
        values.put(name, "[" + String.join(",", elements.keySet()) + "]");
      }
    }
    return values;
  }

  /** The sets of this test hold numbers and words without commas. */
  private static TreeMap<String, Boolean> elements(String list) {
    TreeMap<String, Boolean> elements = new TreeMap<>();
    String inner = list.replace("[", "").replace("]", "");
    for (String element : inner.split(",")) {
      if (!element.isEmpty()) {
        elements.put(element, true);
      }
    }
    return elements;
  }

  private static Map<String, String> values(List<StateEntry> entries) {
    Map<String, String> values = new TreeMap<>();
    entries.forEach(entry -> values.put(entry.getEntry(), entry.getData().toStringUtf8()));
    return values;
  }

  private static void inDirectory(Consumer<Path> test) {
    try {
      Path directory = Files.createTempDirectory("state");
      test.accept(directory.resolve("store"));
      try (Stream<Path> files = Files.walk(directory)) {
        files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(java.io.File::delete);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
