package io.tailwater.javaclient;

import io.tailwater.javaclient.loop.Loop;
import io.tailwater.javaclient.wire.Mark;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One subscription: what was received for it and not handed over yet, and the position through
 * which everything is done. Confined to the client's loop, but for {@link #done} and {@link
 * #position}.
 *
 * <p>It holds at most {@link #MAX_HELD} events, of a pattern also the rest of a frame. When a slow
 * taker lets it fill, it leaves the channel and comes back at its position when all that it holds
 * is handled: the log is the buffer.
 */
final class Reader {
  static final int MAX_HELD = 1_000;

  /** For {@link #ask}: as many as are handed over at once. */
  static final int ALL = Integer.MAX_VALUE;

  private static final int BATCH = 100;

  /** Where readers come from and go to. */
  interface Home {
    void join(Reader reader);

    void leave(Reader reader);
  }

  /** Who handles what is received. Called on the loop, once for each {@link #ask}. */
  interface Taker {
    void take(List<Item> items);
  }

  /** What is told in its place between the events. */
  interface Notice {
    void tell(Notices notices);
  }

  /**
   * Something received.
   *
   * @param event null if it is none
   * @param at the position after it, null if it does not move the reader
   * @param notice null if nothing is told
   * @param last whether nothing follows
   * @param failure why nothing follows, null if it is no failure
   */
  record Item(
      @Nullable Event event,
      @Nullable Mark at,
      @Nullable Notice notice,
      boolean last,
      @Nullable TailwaterException failure) {
    private static Item of(@Nullable Event event, @Nullable Mark at, @Nullable Notice notice) {
      return new Item(event, at, notice, false, null);
    }

    private boolean isPosition() {
      return event == null && notice == null && !last;
    }
  }

  private final Loop loop;
  private final Home home;
  private final String channel;
  private final SubscribeOptions options;
  private final Deque<Item> queue = new ArrayDeque<>();
  private Taker taker = items -> {};
  private int inHand;
  private int asked;
  private boolean asks;
  private boolean parked;
  private boolean over;
  private boolean live;
  // Received through here.
  private @Nullable Mark taken;
  // Handled through here. Written by whoever handles what was taken last.
  private volatile @Nullable Mark done;

  Reader(Loop loop, Home home, String channel, SubscribeOptions options) {
    this.loop = loop;
    this.home = home;
    this.channel = channel;
    this.options = options;
    String after = options.after();
    if (after != null) {
      taken = Mark.of(after);
      done = taken;
    }
  }

  String channel() {
    return channel;
  }

  String from() {
    return options.from();
  }

  SubscribeOptions options() {
    return options;
  }

  @Nullable Mark taken() {
    return taken;
  }

  /** The position through which all is handled; null before the first. From any thread. */
  @Nullable String position() {
    Mark at = done;
    return at == null ? null : at.position();
  }

  // ---- What the taker does

  void open(Taker newTaker) {
    assert loop.isCurrent();
    taker = newTaker;
    home.join(this);
  }

  /** An item is handled. Called by the thread that handles them, in order. */
  void done(Item item) {
    if (item.at() != null) {
      done = item.at();
    }
  }

  /**
   * Everything that was taken is handled; asks for some events, with all notices up to the next
   * one. May be called again to ask for more before anything was taken.
   */
  void ask(int events) {
    assert loop.isCurrent();
    asked = events;
    asks = true;
    inHand = 0;
    offer();
  }

  private void offer() {
    if (!asks) {
      return;
    }
    List<Item> items = new ArrayList<>();
    int events = 0;
    boolean within = false;
    for (Item next = queue.peek();
        next != null && (within || items.size() < BATCH);
        next = queue.peek()) {
      if (next.event() != null && ++events > asked) {
        break;
      }
      items.add(queue.remove());
      // The position of a pattern moves with the last event of a frame.
      within = next.event() != null && next.at() == null;
    }
    if (!items.isEmpty()) {
      inHand = (int) items.stream().filter(item -> item.event() != null).count();
      asks = false;
      taker.take(items);
    } else if (parked && queue.isEmpty() && !over && asked > 0) {
      parked = false;
      home.join(this);
    }
  }

  /** Ends it. What it holds is dropped. */
  void unsubscribe() {
    assert loop.isCurrent();
    if (over) {
      return;
    }
    over = true;
    queue.clear();
    if (!parked) {
      home.leave(this);
    }
  }

  // ---- What the feed brings

  /** It stands here. */
  void begin(Mark at) {
    taken = at;
    if (!at.text().isEmpty()) {
      put(Item.of(null, at, null));
    }
  }

  /**
   * @param at the position after it; null if it does not move the reader
   */
  void take(Event event, @Nullable Mark at) {
    take(List.of(event), at);
  }

  /**
   * Events with one position, which are handed over together: who leaves in the middle of them
   * would get the first of them again.
   *
   * @param at the position after the last of them; null if they do not move the reader
   */
  void take(List<Event> events, @Nullable Mark at) {
    Mark known = taken;
    if (over || parked || known == null || (at != null && !at.isOpaque() && known.covers(at))) {
      return;
    }
    if (at != null) {
      taken = at;
    }
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      Mark after = i == events.size() - 1 ? at : null;
      if (options.types().isEmpty() || options.types().contains(event.type())) {
        hold(Item.of(event, after, null));
      } else if (after != null) {
        hold(Item.of(null, after, null));
      }
    }
    offer();
  }

  /** Leaves the channel for a while if it holds as much as it may. Between two events of a feed. */
  void parkIfFull() {
    if (queue.size() + inHand >= MAX_HELD && !parked && !over) {
      parked = true;
      live = false;
      home.leave(this);
    }
  }

  /** The position moves over events of others. */
  void move(Mark at) {
    Mark known = taken;
    if (parked
        || known == null
        || (known.epoch().equals(at.epoch()) && known.offset() > at.offset())) {
      return;
    }
    taken = at;
    put(Item.of(null, at, null));
  }

  void live() {
    Mark at = taken;
    if (live || at == null) {
      return;
    }
    live = true;
    String position = at.position();
    put(Item.of(null, null, notices -> notices.live(position)));
  }

  void notLive() {
    live = false;
  }

  void reset(Notices.Reset reset, Mark at) {
    taken = at;
    put(Item.of(null, at, notices -> notices.reset(reset)));
  }

  void end() {
    put(new Item(null, null, Notices::end, true, null));
  }

  /** The client was closed by its program. */
  void close() {
    put(new Item(null, null, null, true, null));
  }

  void fail(TailwaterException failure) {
    put(new Item(null, null, null, true, failure));
  }

  private void put(Item item) {
    if (!over) {
      hold(item);
      offer();
    }
  }

  private void hold(Item item) {
    Item newest = queue.peekLast();
    // Positions alone do not pile up behind a slow taker.
    if (item.isPosition() && newest != null && newest.isPosition()) {
      queue.removeLast();
    }
    queue.addLast(item);
    over = item.last();
  }
}
