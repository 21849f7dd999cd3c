package io.tailwater.system.ledger;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Keeps what was acknowledged with which id, and at the end compares it, and what every reader saw,
 * with Kafka. Safe for any thread.
 */
public final class Ledger {
  private static final int SHOWN = 5;
  private static final Path FAULTS = Path.of("target", "delivery-faults.txt");

  /** One acknowledged publication; {@code by} is empty for a publisher without a token. */
  public record Acknowledged(
      Channel channel, String by, String key, Position id, boolean duplicate) {}

  private final List<Acknowledged> acknowledged = new ArrayList<>();
  private final List<Seen> readers = new ArrayList<>();
  private final Set<Channel> channels = new LinkedHashSet<>();
  private final Map<Channel, Position> newest = new HashMap<>();

  public synchronized void acknowledged(Acknowledged publication) {
    acknowledged.add(publication);
    channels.add(publication.channel());
    newest.merge(
        publication.channel(),
        publication.id(),
        (old, now) -> now.offset() > old.offset() ? now : old);
  }

  public synchronized void reader(Seen seen) {
    readers.add(seen);
  }

  /** The highest id that was acknowledged, by channel. */
  public synchronized Map<Channel, Position> newest() {
    return Map.copyOf(newest);
  }

  public synchronized int count() {
    return acknowledged.size();
  }

  /**
   * Compares everything with Kafka.
   *
   * @param wanted what each reader reads, by its name
   */
  public synchronized Report compare(String bootstrapServers, Map<String, Wanted> wanted) {
    Set<Channel> all = new LinkedHashSet<>(channels);
    wanted.values().forEach(reader -> all.addAll(reader.channels()));
    Truth truth =
        Truth.read(
            bootstrapServers, all.stream().map(Channel::namespace).collect(Collectors.toSet()));
    Report report = new Report(acknowledged.size(), readers.size(), truth.dropped());
    checkAcknowledged(truth, report);
    for (Seen seen : readers) {
      Wanted reader = wanted.get(seen.reader());
      if (reader != null) {
        for (Channel channel : reader.channels()) {
          check(seen, reader, channel, truth.events(channel), report);
        }
      }
      seen.resets().forEach(reset -> report.undueReset(seen.reader() + ": " + reset));
      seen.violations().forEach(report::violation);
    }
    return report;
  }

  private void checkAcknowledged(Truth truth, Report report) {
    Map<Channel, Map<Position, Truth.Event>> byId = new HashMap<>();
    for (Acknowledged one : acknowledged) {
      Truth.Event event =
          byId.computeIfAbsent(one.channel(), c -> byId(truth.events(c))).get(one.id());
      if (event == null || !event.key().equals(one.key()) || !event.by().equals(one.by())) {
        report.lost("acknowledged, but Kafka has " + event + ": " + one);
      }
    }
  }

  private static Map<Position, Truth.Event> byId(List<Truth.Event> events) {
    return events.stream().collect(Collectors.toMap(Truth.Event::id, event -> event));
  }

  private static void check(
      Seen seen, Wanted wanted, Channel channel, List<Truth.Event> truth, Report report) {
    Position opened = seen.start(channel);
    if (opened == null) {
      report.lost(seen.reader() + " was never let in to " + channel);
      return;
    }
    long start = wanted.from().equals("earliest") ? Position.BEFORE_FIRST : opened.offset();
    Map<Position, Truth.Event> expected =
        byId(truth.stream().filter(event -> event.id().offset() > start).toList());
    Set<Position> found = new HashSet<>();
    long last = start;
    for (Seen.Event event : seen.events(channel)) {
      String where = seen.reader() + " on " + channel + ", connection " + event.connection();
      Truth.Event is = expected.get(event.id());
      if (!found.add(event.id())) {
        report.repeated(where + ": " + event.id() + " came again");
      } else if (is == null) {
        report.repeated(where + ": " + event.id() + " is no event of Kafka's after " + start);
      } else if (event.id().offset() <= last) {
        report.misordered(where + ": " + event.id() + " after " + last);
      } else if (!is.data().equals(event.data())) {
        report.lost(where + ": " + event.id() + " has other data, " + event.data());
      }
      last = Math.max(last, event.id().offset());
      report.delivered();
    }
    for (Truth.Event event : truth) {
      if (event.id().offset() > start && !found.contains(event.id())) {
        report.lost(
            seen.reader() + " on " + channel + " since " + start + " never saw " + event.id());
      }
    }
  }

  /** What the comparison found. */
  public static final class Report {
    private final int publications;
    private final int readers;
    private final long dropped;
    private long deliveries;
    private final List<String> lost = new ArrayList<>();
    private final List<String> repeated = new ArrayList<>();
    private final List<String> misordered = new ArrayList<>();
    private final List<String> undueResets = new ArrayList<>();
    private final List<String> violations = new ArrayList<>();

    private Report(int publications, int readers, long dropped) {
      this.publications = publications;
      this.readers = readers;
      this.dropped = dropped;
    }

    private void delivered() {
      deliveries++;
    }

    private void lost(String what) {
      lost.add(what);
    }

    private void repeated(String what) {
      repeated.add(what);
    }

    private void misordered(String what) {
      misordered.add(what);
    }

    private void undueReset(String what) {
      undueResets.add(what);
    }

    private void violation(String what) {
      violations.add(what);
    }

    private boolean isClean() {
      return lost.isEmpty()
          && repeated.isEmpty()
          && misordered.isEmpty()
          && undueResets.isEmpty()
          && violations.isEmpty();
    }

    /**
     * Fails unless nothing was found. What was found stays in a file: {@code ./verify} runs a test
     * that failed a second time, but never forgives a fault of delivery.
     */
    public void assertClean() {
      if (!isClean()) {
        try {
          Files.writeString(
              FAULTS, this + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
        throw new AssertionError(toString());
      }
    }

    List<String> lost() {
      return List.copyOf(lost);
    }

    List<String> repeated() {
      return List.copyOf(repeated);
    }

    List<String> misordered() {
      return List.copyOf(misordered);
    }

    List<String> undueResets() {
      return List.copyOf(undueResets);
    }

    List<String> violations() {
      return List.copyOf(violations);
    }

    /** One line, and a few of what is wrong. */
    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      text.append(publications).append(" publications, ");
      text.append(readers).append(" readers, ");
      text.append(deliveries).append(" deliveries; ");
      text.append(dropped).append(" repeats dropped by the log: ");
      text.append(lost.size()).append(" lost, ");
      text.append(repeated.size()).append(" repeated, ");
      text.append(misordered.size()).append(" out of order, ");
      text.append(undueResets.size()).append(" undue resets, ");
      text.append(violations.size()).append(" other violations");
      for (List<String> kind : List.of(lost, repeated, misordered, undueResets, violations)) {
        kind.stream().limit(SHOWN).forEach(line -> text.append("\n  ").append(line));
      }
      return text.toString();
    }
  }
}
