package io.tailwater.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * A feed, its readers and the links that serve it, over random interleavings: links that are cut
 * and overlap, readers that come, go, are slow and return.
 */
final class FeedPropertiesTest {
  private static final String CHANNEL = "demo:a";
  private static final int STEPS = 200;

  /** What the server has: events with offsets that have gaps, as a partition has other channels. */
  private static final class Log {
    private final List<Integer> offsets = new ArrayList<>();
    private int end;

    private void append(Random random) {
      end += 1 + random.nextInt(3);
      offsets.add(end);
    }

    /** The index of the first event after an offset. */
    private int next(int offset) {
      int found = Collections.binarySearch(offsets, offset);
      return found < 0 ? -found - 1 : found + 1;
    }

    private static Event event(int offset) {
      ObjectNode json = Json.object();
      json.put("id", "e-" + offset)
          .put("channel", CHANNEL)
          .put("type", offset % 2 == 0 ? "even" : "odd");
      return new Event(json);
    }
  }

  /** A connection: it stands somewhere in the log, and brings what follows. */
  private final class Connection {
    private final Feed feed;
    private final int version;
    private final Feed.Start start;
    private int at;

    private Connection(Feed feed) {
      this.feed = feed;
      this.version = feed.version();
      this.start = feed.start();
      String after = start.after();
      if (after != null) {
        at = Integer.parseInt(after.substring(2));
      } else {
        at = start.from().equals("earliest") ? 0 : log.end;
      }
      feed.opened(version, start, "e-" + at);
    }

    private void bring(int events) {
      List<Event> brought = new ArrayList<>();
      for (int i = log.next(at); i < log.offsets.size() && brought.size() < events; i++) {
        brought.add(Log.event(log.offsets.get(i)));
      }
      if (!brought.isEmpty()) {
        feed.take(version, brought, null);
        at = offset(brought.get(brought.size() - 1));
      } else {
        at = log.end;
        feed.moved(version, "e-" + at);
        feed.reached(version);
      }
    }
  }

  /** A subscription, and all that it was handed. */
  private final class Subscriber {
    private final Reader reader;
    private final SubscribeOptions options;
    private final List<Integer> seen = new ArrayList<>();
    private List<Reader.Item> taken = List.of();
    private int begins = -1;
    private boolean asked;
    private boolean gone;

    private Subscriber(SubscribeOptions options) {
      this.options = options;
      String after = options.after();
      if (after != null) {
        begins = Integer.parseInt(after.substring(2));
      }
      reader = new Reader(loop, feeds, CHANNEL, options);
      reader.open(items -> taken = items);
    }

    private void read() {
      for (Reader.Item item : taken) {
        Event event = item.event();
        if (event != null) {
          seen.add(offset(event));
        }
        reader.done(item);
        if (begins < 0 && reader.position() != null) {
          begins = event == null ? position() : 0;
        }
      }
      boolean wait = asked && taken.isEmpty();
      taken = List.of();
      if (!wait) {
        asked = true;
        reader.ask(1 + random.nextInt(100));
      }
    }

    private int position() {
      return Integer.parseInt(String.valueOf(reader.position()).substring(2));
    }

    private List<Integer> wanted(int until) {
      boolean even = options.types().contains("even");
      return log.offsets.stream()
          .filter(offset -> offset > begins && offset <= until && (!even || offset % 2 == 0))
          .toList();
    }
  }

  private Random random = new Random();
  private ManualLoop loop = new ManualLoop();
  private Feeds feeds = new Feeds(loop);
  private Log log = new Log();

  private static int offset(Event event) {
    return Integer.parseInt(String.valueOf(event.id()).substring(2));
  }

  @Property(tries = 150)
  void everyReaderGetsEveryEventAfterItsPositionOnceAndInOrder(@ForAll long seed) {
    random = new Random(seed);
    loop = new ManualLoop(seed);
    feeds = new Feeds(loop);
    log = new Log();
    List<Subscriber> subscribers = new ArrayList<>();
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      step(subscribers, connections);
      loop.run();
    }
    // All is over; who is still there gets the rest.
    for (int i = 0; i < 10_000 && !complete(subscribers); i++) {
      connect(connections);
      connections.forEach(connection -> connection.bring(300));
      subscribers.stream().filter(one -> !one.gone).forEach(Subscriber::read);
      loop.run();
    }
    for (Subscriber one : subscribers) {
      int until = one.gone ? one.reader.position() == null ? -1 : one.position() : log.end;
      assertThat(one.seen).as("seed %d, %s", seed, one.options).isEqualTo(one.wanted(until));
    }
  }

  private boolean complete(List<Subscriber> subscribers) {
    return subscribers.stream()
        .allMatch(one -> one.gone || (one.reader.position() != null && one.position() >= log.end));
  }

  private void step(List<Subscriber> subscribers, List<Connection> connections) {
    switch (random.nextInt(12)) {
      case 0 -> subscribers.add(new Subscriber(options()));
      case 1 -> leave(subscribers);
      case 2, 3, 4 -> appendMany();
      case 5, 6 -> connect(connections);
      case 7 -> cut(connections);
      case 8, 9 -> connections.forEach(one -> one.bring(1 + random.nextInt(300)));
      default ->
          subscribers.stream()
              .filter(one -> !one.gone && random.nextBoolean())
              .forEach(Subscriber::read);
    }
  }

  /** At times more than a reader holds. */
  private void appendMany() {
    int events = random.nextInt(15) == 0 ? Reader.MAX_HELD + 300 : random.nextInt(10);
    for (int i = 0; i < events; i++) {
      log.append(random);
    }
  }

  private SubscribeOptions options() {
    SubscribeOptions options =
        switch (random.nextInt(3)) {
          case 0 -> SubscribeOptions.latest();
          case 1 -> SubscribeOptions.earliest();
          default -> SubscribeOptions.after("e-" + random.nextInt(log.end + 1));
        };
    return random.nextInt(3) == 0 ? options.types("even") : options;
  }

  private void leave(List<Subscriber> subscribers) {
    List<Subscriber> there = subscribers.stream().filter(one -> !one.gone).toList();
    if (!there.isEmpty()) {
      Subscriber one = there.get(random.nextInt(there.size()));
      one.gone = true;
      one.taken = List.of();
      one.reader.unsubscribe();
    }
  }

  /** Links reconnect whenever the feed begins elsewhere; at times two of them overlap. */
  private void connect(List<Connection> connections) {
    Feed feed = feeds.get(CHANNEL);
    connections.removeIf(one -> one.feed != feed || one.version != one.feed.version());
    if (feed != null
        && (connections.isEmpty() || (connections.size() < 2 && random.nextInt(4) == 0))) {
      connections.add(new Connection(feed));
    }
  }

  private void cut(List<Connection> connections) {
    if (!connections.isEmpty()) {
      connections.remove(random.nextInt(connections.size())).feed.lost();
    }
  }
}
