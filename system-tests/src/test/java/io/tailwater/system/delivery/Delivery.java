package io.tailwater.system.delivery;

import static org.awaitility.Awaitility.await;

import io.tailwater.contract.Channel;
import io.tailwater.contract.ChannelPattern;
import io.tailwater.contract.Position;
import io.tailwater.contract.Scope;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.clients.Reading;
import io.tailwater.system.ledger.Ledger;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.Namespaces;
import io.tailwater.system.platform.Platform;
import io.tailwater.system.platform.Tokens;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/**
 * One run of the delivery contract: several publishers on several channels, readers of one channel
 * and of many that are cut at random and come back to another gateway, a fault in the middle, and
 * the ledger at the end.
 */
public final class Delivery implements AutoCloseable {
  private static final int CHANNELS = 6;
  // Little, so that a reader that pauses is soon one whose connection can't be written to.
  private static final int RECEIVE_BYTES = 4_096;
  private static final Duration OPEN_LIMIT = Duration.ofSeconds(90);
  private static final Duration PROGRESS_LIMIT = Duration.ofSeconds(90);
  private static final Duration COMPLETE_LIMIT = Duration.ofSeconds(90);

  private final Platform platform;
  private final Reading transport;
  private final String name;
  private final List<Channel> channels;
  private final List<Reader> readers = new ArrayList<>();
  private final Map<String, Wanted> wanted = new HashMap<>();
  private final Ledger ledger = new Ledger();
  private final String token;

  /** What goes wrong in the middle of a run. */
  public interface Fault {
    void happen(Delivery delivery) throws Exception;
  }

  /**
   * @param name of the run, part of its channels' names: no two runs on one platform share one
   */
  Delivery(Platform platform, Reading transport, String name) {
    this.platform = platform;
    this.transport = transport;
    this.name = name;
    this.channels =
        IntStream.range(0, CHANNELS)
            .mapToObj(
                i -> new Channel(i % 2 == 0 ? Namespaces.DEMO : Namespaces.CHAT, name + " ü:" + i))
            .toList();
    this.token = Tokens.token("reader", List.of("demo:*", "chat:*"), List.of());
  }

  /** Runs it all, and says what the comparison with Kafka found. */
  Ledger.Report run(Publishers.Load load, int cutMs, Fault fault) throws Exception {
    long seed = name.hashCode();
    try (Publishers publishers =
        new Publishers(platform.gateways(), channels, load, ledger, seed)) {
      awaitPublications(20);
      openReaders();
      try (Turmoil turmoil = new Turmoil(readers, cutMs, seed)) {
        fault.happen(this);
        publishers.finish();
      }
      openLateReaders();
      awaitComplete();
      Ledger.Report report = ledger.compare(platform.bootstrapServers(), wanted);
      System.out.printf(
          "%s: %s; %d connections, %d publish requests sent again%n",
          name, report, readers.stream().mapToInt(Reader::connections).sum(), publishers.retries());
      return report;
    }
  }

  /** Waits until so many more publications are acknowledged. */
  public void awaitPublications(int more) {
    int before = ledger.count();
    await("more publications").atMost(PROGRESS_LIMIT).until(() -> ledger.count() >= before + more);
  }

  private void openReaders() {
    for (Channel channel : channels) {
      open(Wanted.of("plain " + channel, channel).withReceiveBytes(RECEIVE_BYTES));
      open(Wanted.of("enveloped " + channel, channel).inEnvelopes());
    }
    open(Wanted.of("from the beginning", channels.getFirst()).from("earliest"));
    open(Wanted.of("all", channels).withReceiveBytes(RECEIVE_BYTES));
    open(Wanted.of("all again", channels).from("earliest"));
    open(Wanted.of("three", channels.subList(1, 4)));
    open(Wanted.of("pattern", channels(Namespaces.DEMO)).by(List.of(pattern(Namespaces.DEMO))));
    open(
        Wanted.of("both patterns", channels)
            .by(List.of(pattern(Namespaces.DEMO), pattern(Namespaces.CHAT)))
            .from("earliest")
            .withReceiveBytes(RECEIVE_BYTES));
    open(
        Wanted.of("a pattern beside a channel", patternAndChannel())
            .by(List.of(pattern(Namespaces.CHAT), channels.getFirst())));
    awaitOpen();
  }

  /** Whoever comes after all is over reads the same. */
  private void openLateReaders() {
    channels.forEach(channel -> open(Wanted.of("late " + channel, channel).from("earliest")));
    open(Wanted.of("late all", channels).from("earliest"));
    open(
        Wanted.of("late pattern", channels(Namespaces.DEMO))
            .by(List.of(pattern(Namespaces.DEMO)))
            .from("earliest"));
    awaitOpen();
  }

  private List<Channel> channels(String namespace) {
    return channels.stream().filter(one -> one.namespace().equals(namespace)).toList();
  }

  private List<Channel> patternAndChannel() {
    List<Channel> covered = new ArrayList<>(channels(Namespaces.CHAT));
    covered.add(channels.getFirst());
    return covered;
  }

  /** Covers the channels of this run in a namespace, of which other runs have some, too. */
  private Scope pattern(String namespace) {
    return new ChannelPattern(namespace, name + " ü:");
  }

  private void open(Wanted reader) {
    Reader opened = transport.open(reader.as(token), platform.gateways());
    readers.add(opened);
    ledger.reader(opened.seen());
    wanted.put(reader.name(), reader);
  }

  private void awaitOpen() {
    awaitAll("every reader is let in", OPEN_LIMIT, reader -> reader.connections() > 0);
  }

  /**
   * Waits until every reader has the newest event of its channels; then each is cut once more and
   * comes back to nothing new.
   */
  private void awaitComplete() {
    awaitAll("every reader has everything", COMPLETE_LIMIT, this::hasNewest);
    Map<Reader, Integer> before = new HashMap<>();
    readers.forEach(reader -> before.put(reader, reader.connections()));
    readers.forEach(reader -> reader.cut(Cut.RESET));
    awaitAll(
        "every reader is live again",
        COMPLETE_LIMIT,
        reader ->
            channels(reader).stream()
                .allMatch(
                    channel -> reader.seen().liveOn(channel) > before.getOrDefault(reader, 0)));
  }

  private boolean hasNewest(Reader reader) {
    Map<Channel, Position> newest = ledger.newest();
    for (Channel channel : channels(reader)) {
      Position last = newest.get(channel);
      Position seen = reader.seen().newest(channel);
      Position start = reader.seen().start(channel);
      boolean nothingToCome = last == null || (start != null && start.offset() >= last.offset());
      if (last != null && !nothingToCome && (seen == null || seen.offset() < last.offset())) {
        return false;
      }
    }
    return true;
  }

  private List<Channel> channels(Reader reader) {
    Wanted asked = wanted.get(reader.seen().reader());
    return asked == null ? List.of() : asked.channels();
  }

  private interface Check {
    boolean of(Reader reader);
  }

  /** On a time-out, the comparison that follows says what is missing. */
  private void awaitAll(String what, Duration limit, Check check) {
    for (Reader reader : readers) {
      try {
        await(what).atMost(limit).until(() -> reader.failure() != null || check.of(reader));
        if (reader.failure() != null) {
          reader.seen().violation("gave up: " + reader.failure());
        }
      } catch (ConditionTimeoutException e) {
        reader.seen().violation("not in " + limit + ": " + what);
        return;
      }
    }
  }

  @Override
  public void close() {
    readers.forEach(Reader::close);
  }
}
