package io.tailwater.core.fold;

import static org.assertj.core.api.Assertions.assertThat;

import io.tailwater.contract.v1.Event;
import io.tailwater.core.fold.LogRecords.Written;
import io.tailwater.core.store.Page;
import io.tailwater.core.topic.Namespace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Redactions, applied to what is stored. */
final class RedactionFoldTest {
  private static final Namespace NAMESPACE =
      FoldRig.namespace(1, Duration.ofDays(7), Duration.ofHours(1));

  @Test
  void aRedactionTakesTheContentOutOfAnEventAndOfItsEdits(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      String epoch = rig.fold().head().epoch();
      rig.fold(List.of(Written.of("a", "\"secret\""), Written.of("b", "\"other\"")), 0);
      rig.fold(List.of(Written.of("a", "\"edited\"").typed("edit").about(epoch + "-0")), 0);
      rig.fold(List.of(redaction("a", epoch + "-0"), Written.of("a", "\"later\"")), 0);
      rig.fold(List.of(Written.of("a", "\"late edit\"").typed("edit").about(epoch + "-0")), 0);
      assertThat(left(rig, "a")).containsExactly("-", "-", "{}", "\"later\"", "-");
      assertThat(left(rig, "b")).containsExactly("\"other\"");
      rig.restart();
      assertThat(left(rig, "a")).containsExactly("-", "-", "{}", "\"later\"", "-");
      assertThat(bytes(rig)).doesNotContain("secret", "edited", "late edit");
    }
  }

  @Test
  void aRedactionReachesOnlyEarlierEventsOfItsOwnChannelAndEpoch(@TempDir Path directory) {
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory)) {
      String epoch = rig.fold().head().epoch();
      rig.fold(
          List.of(
              Written.of("a", "1"),
              redaction("b", epoch + "-0"),
              redaction("a", "zzzz-0"),
              redaction("a", epoch + "-4"),
              Written.of("a", "2"),
              redaction("a", "nonsense"),
              Written.of("a", "3").typed("redact"),
              redaction("a", epoch + "-900")),
          0);
      assertThat(left(rig, "a")).containsExactly("1", "{}", "{}", "2", "{}", "3", "{}");
    }
  }

  /** In any order, and however the log is cut into polls: the result is that of the whole log. */
  @Property(tries = 40)
  void whatIsLeftDependsOnTheLogAlone(@ForAll long seed) throws Exception {
    Random random = new Random(seed);
    Path directory = Files.createTempDirectory("redaction-fold-");
    try (FoldRig rig = new FoldRig(NAMESPACE, 0, directory.resolve("one"));
        FoldRig again = new FoldRig(NAMESPACE, 0, directory.resolve("two"))) {
      String epoch = rig.fold().head().epoch();
      List<Written> log = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        Written record =
            Written.of("ab".substring(random.nextInt(2)).substring(0, 1), "\"" + i + "\"");
        String of = epoch + "-" + random.nextInt(40);
        log.add(
            switch (random.nextInt(4)) {
              case 0 -> record.typed("edit").about(of);
              case 1 -> record.typed("redact").about(of);
              default -> record;
            });
      }
      for (int from = 0; from < log.size(); ) {
        int to = Math.min(log.size(), from + 1 + random.nextInt(8));
        rig.fold(log.subList(from, to), 0);
        from = to;
      }
      again.fold(log, 0);
      for (String channel : List.of("a", "b")) {
        assertThat(left(rig, channel)).isEqualTo(model(log, channel));
        assertThat(left(again, channel)).isEqualTo(model(log, channel));
      }
    } finally {
      delete(directory);
    }
  }

  /** What the contract says, record after record, without thinking of speed. */
  private static List<String> model(List<Written> log, String channel) {
    Set<Integer> gone = new HashSet<>();
    List<Integer> own = new ArrayList<>();
    for (int i = 0; i < log.size(); i++) {
      if (!channel(log.get(i)).equals(channel)) {
        continue;
      }
      int about = about(log, i);
      if (isRedaction(log, i)) {
        own.stream()
            .filter(earlier -> !isRedaction(log, earlier))
            .filter(earlier -> earlier == about || about(log, earlier) == about)
            .forEach(gone::add);
      } else if (gone.contains(about)) {
        gone.add(i);
      }
      own.add(i);
    }
    return own.stream()
        .map(i -> gone.contains(i) ? "-" : String.valueOf(log.get(i).value()))
        .toList();
  }

  private static boolean isRedaction(List<Written> log, int offset) {
    return log.get(offset).type().equals("redact") && about(log, offset) >= 0;
  }

  /** The offset of the earlier event that an event is about, or -1. */
  private static int about(List<Written> log, int offset) {
    int of = of(log.get(offset));
    return of < offset ? of : -1;
  }

  private static String channel(Written record) {
    return new String(Objects.requireNonNull(record.key()), StandardCharsets.UTF_8);
  }

  private static int of(Written record) {
    return record.of().isEmpty()
        ? -1
        : Integer.parseInt(record.of().substring(record.of().indexOf('-') + 1));
  }

  private static Written redaction(String channel, String of) {
    return Written.of(channel, "{}").typed("redact").about(of);
  }

  private static List<String> left(FoldRig rig, String channel) {
    return rig.page(channel, new Page.Start.After(-1), 1_000).getEventsList().stream()
        .map(event -> event.getRedacted() ? redacted(event) : event.getData().toStringUtf8())
        .toList();
  }

  private static String redacted(Event event) {
    assertThat(event.getData()).isEmpty();
    return "-";
  }

  private static String bytes(FoldRig rig) {
    return rig.page("a", new Page.Start.After(-1), 1_000).toString();
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
