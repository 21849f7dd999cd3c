package io.tailwater.core.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.tailwater.contract.v1.Event;
import io.tailwater.core.state.Terms;
import io.tailwater.core.thread.Owner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A flood of events and reads, in a process of its own whose memory is measured. */
final class StoreMemoryIT {
  private static final long MIB = 1 << 20;
  private static final long BUDGET = Store.MIN_BYTES;
  private static final int HEAP_MIB = 64;

  /** Code, classes, threads and compactions. */
  private static final long REST = 160 * MIB;

  private static final int BATCHES = 180;
  private static final int EVENTS = 1_000;
  private static final int CHANNELS = 100;
  private static final int DATA_BYTES = 1_024;
  private static final int READERS = 2;

  private final Path directory;

  StoreMemoryIT(@TempDir Path directory) {
    this.directory = directory;
  }

  @Test
  void aFloodOfTenTimesTheBudgetStaysWithinIt() throws Exception {
    ProcessBuilder flood =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx" + HEAP_MIB + "m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:MaxDirectMemorySize=16m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            System.getProperty("java.class.path"),
            Flood.class.getName(),
            directory.toString());
    flood.environment().put("MALLOC_ARENA_MAX", "2");
    Path output = directory.resolve("output");
    Process process = flood.redirectErrorStream(true).redirectOutput(output.toFile()).start();
    assertThat(process.waitFor(5, TimeUnit.MINUTES)).isTrue();
    List<String> lines = Files.readAllLines(output);
    assertThat(process.exitValue()).as(String.join("\n", lines)).isZero();
    assertThat(figure(lines, "used"))
        .as("blocks and unwritten events")
        .isBetween(1L, BUDGET * 9 / 8);
    assertThat(figure(lines, "disk")).isGreaterThan(5 * BUDGET);
    assertThat(figure(lines, "rss")).isBetween(1L, BUDGET + HEAP_MIB * MIB + REST);
  }

  private static long figure(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .max()
        .orElseThrow();
  }

  /** Writes and reads, and prints the most memory that was in use. */
  static final class Flood {
    private Flood() {}

    public static void main(String[] args) throws Exception {
      Owner owner = new Owner();
      owner.take();
      Keys keys = new Keys("flood", 0);
      AtomicBoolean done = new AtomicBoolean();
      long used = 0;
      try (Store store = Store.open(Path.of(args[0], "store"), BUDGET, owner)) {
        List<Thread> readers = new ArrayList<>();
        for (int i = 0; i < READERS; i++) {
          int seed = i;
          readers.add(Thread.ofPlatform().start(() -> read(store, keys, new Random(seed), done)));
        }
        Random random = new Random(1);
        Progress progress = Progress.begin("topic", 1, 0);
        long offset = 0;
        for (int i = 0; i < BATCHES; i++) {
          try (FoldBatch batch = new FoldBatch(store, keys, 3_600_000, new Terms("e", 0, false))) {
            for (int j = 0; j < EVENTS; j++) {
              Event event = event(random, offset++);
              batch.add(event.getChannelKey().getBytes(StandardCharsets.UTF_8), event, null);
            }
            batch.commit(progress);
          }
          used = Math.max(used, store.memoryBytes());
        }
        done.set(true);
        for (Thread reader : readers) {
          reader.join();
        }
        store.flush();
        System.out.println("used " + used);
        System.out.println("disk " + store.diskBytes());
      }
      System.out.println("rss " + mostResident());
    }

    private static Event event(Random random, long offset) {
      byte[] data = new byte[DATA_BYTES];
      random.nextBytes(data);
      return Event.newBuilder()
          .setChannelKey("c" + random.nextInt(CHANNELS))
          .setOffset(offset)
          .setType("message")
          .setKey("k" + offset)
          .setTsMs(offset)
          .setData(ByteString.copyFrom(data))
          .build();
    }

    private static void read(Store store, Keys keys, Random random, AtomicBoolean done) {
      while (!done.get()) {
        byte[] channel = ("c" + random.nextInt(CHANNELS)).getBytes(StandardCharsets.UTF_8);
        scan(store, keys, channel);
      }
    }

    private static void scan(Store store, Keys keys, byte[] channel) {
      try (Store.View view = store.view();
          org.rocksdb.RocksIterator each = view.iterator()) {
        each.seek(keys.event(channel, 0));
        for (int i = 0; i < 1_000 && each.isValid(); i++) {
          each.next();
        }
      }
    }

    /** The most that this process ever had, bytes, as Linux counts it. */
    private static long mostResident() throws IOException {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("[^0-9]", "")))
          .findFirst()
          .orElseThrow();
    }
  }
}
