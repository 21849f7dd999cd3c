package io.tailwater.javaclient;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** A pattern and its reader, over random frames that come while others are handled. */
final class PatternFeedTest {
  private static final String PATTERN = "demo:*";
  private static final int STEPS = 100;

  private Random random = new Random();
  private int sent;

  /**
   * Whoever leaves a pattern between two turns, and comes back at its position, misses and repeats
   * nothing.
   */
  @Property(tries = 200)
  void betweenTwoTurnsItsPositionIsThatOfTheEventsWhichWereHandled(@ForAll long seed) {
    random = new Random(seed);
    sent = 0;
    Feeds feeds = new Feeds(new ManualLoop(seed));
    boolean even = random.nextBoolean();
    SubscribeOptions options = SubscribeOptions.after("p0");
    Reader reader =
        new Reader(new ManualLoop(seed), feeds, PATTERN, even ? options.types("even") : options);
    List<Reader.Item> turn = new ArrayList<>();
    List<Integer> seen = new ArrayList<>();
    reader.open(turn::addAll);
    reader.ask(Reader.ALL);
    for (int i = 0; i < STEPS; i++) {
      Feed feed = feeds.get(PATTERN);
      if (feed != null && random.nextBoolean()) {
        bring(feed);
      } else {
        handle(reader, turn, seen);
        reader.ask(Reader.ALL);
      }
      assertThat(turn.isEmpty() || turn.get(turn.size() - 1).at() != null)
          .as("seed %d: a turn ends where a frame does", seed)
          .isTrue();
    }
    handle(reader, turn, seen);
    int position = Integer.parseInt(String.valueOf(reader.position()).substring(1));
    List<Integer> wanted = new ArrayList<>();
    for (int n = 1; n <= position; n++) {
      if (!even || n % 2 == 0) {
        wanted.add(n);
      }
    }
    assertThat(seen).as("seed %d", seed).isEqualTo(wanted);
  }

  private static void handle(Reader reader, List<Reader.Item> turn, List<Integer> seen) {
    for (Reader.Item item : turn) {
      Event event = item.event();
      if (event != null) {
        seen.add(Integer.parseInt(String.valueOf(event.id()).substring(2)));
      }
      reader.done(item);
    }
    turn.clear();
  }

  /** At times a page of a poll as large as there can be. */
  private void bring(Feed feed) {
    String start = String.valueOf(feed.start().position());
    sent = Integer.parseInt(start.substring(1));
    List<Event> frame = new ArrayList<>();
    for (int left = random.nextInt(10) == 0 ? 1_000 : random.nextInt(60); left > 0; left--) {
      sent++;
      ObjectNode json = Json.object();
      json.put("id", "e-" + sent)
          .put("channel", "demo:" + sent % 5)
          .put("type", sent % 2 == 0 ? "even" : "odd");
      frame.add(new Event(json));
    }
    feed.take(feed.version(), frame, "p" + sent);
    feed.moved(feed.version(), "p" + sent);
  }
}
