package io.tailwater.edge.log;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.StatePage;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Confined to one event loop: that loop's copy of a channel's tail, with the loop's subscribers of
 * the channel. It is constructed on the loop of the tail and handed over before anything reads it.
 */
public final class TailView {
  private final Progress progress;
  private final Upstream upstream;
  private final ArrayDeque<Run> runs;
  private Subscriber[] subscribers = new Subscriber[1];
  private int size;
  private long floor;
  private long closedThrough;

  /**
   * @param runs the tail's runs, retained for this view
   */
  TailView(Progress progress, Upstream upstream, long floor, long closedThrough, List<Run> runs) {
    this.progress = progress;
    this.upstream = upstream;
    this.floor = floor;
    this.closedThrough = closedThrough;
    this.runs = new ArrayDeque<>(runs);
  }

  /** The tail that a view copies. Its methods enqueue; any thread may call them. */
  public interface Upstream {
    /** A subscriber lies below the floor: it is to get a page after this position. */
    void awaitPage(Subscriber subscriber, Position after);

    /** A subscriber is to get a block of the channel's state. */
    void awaitState(Subscriber subscriber, SnapshotPoint point);

    /** One of the view's subscribers has left, or never joined. */
    void detach();
  }

  /** A reader of the channel. Confined to the loop of its views. */
  public abstract static class Subscriber {
    /** Its place in the view's array. */
    private int index = -1;

    /** Its tail is here: it may add itself to the view. */
    abstract void join(TailView view);

    /**
     * Writes down the position of a subscriber that has everything, before something comes that it
     * may not have.
     */
    abstract void settle();

    /** Moves on as far as it can. */
    abstract void pump();

    /**
     * Takes the page that it awaits. Its run may begin before the subscriber's position; never
     * after it, unless {@code missed} says why.
     *
     * @param missed why the position could not be honoured; null if it was
     */
    abstract void page(Run run, @Nullable Missed missed);

    /**
     * Takes the block of the channel's state that it awaits.
     *
     * @param page null if it could not be read
     * @param lasting whether it would not be read a second time either
     */
    abstract void state(@Nullable StatePage page, boolean lasting);
  }

  EdgeLoop loop() {
    return progress.loop();
  }

  Epoch epoch() {
    return progress.epoch();
  }

  long through() {
    return progress.through();
  }

  /** The offset after which the view is complete. */
  long floor() {
    return floor;
  }

  /** Whether the channel's last event is at or before {@link #through}. */
  boolean closedBefore() {
    return closedThrough <= through();
  }

  /** Whether a subscriber that was given everything through this offset has all there is. */
  boolean isCurrent(long offset) {
    return offset >= floor && (runs.isEmpty() || runs.getLast().through() <= offset);
  }

  /** The first run that ends beyond this offset; null if there is none. */
  @Nullable Run runAfter(long offset) {
    if (runs.isEmpty() || runs.getLast().through() <= offset) {
      return null;
    }
    // Nearly always the newest one: look from there.
    Run found = null;
    for (var newest = runs.descendingIterator(); newest.hasNext(); ) {
      Run run = newest.next();
      if (run.through() <= offset) {
        break;
      }
      found = run;
    }
    return found;
  }

  /** The newest run; null if the view holds none. */
  @Nullable Run newest() {
    return runs.peekLast();
  }

  void awaitPage(Subscriber subscriber, Position after) {
    assert loop().inLoop();
    upstream.awaitPage(subscriber, after);
  }

  void awaitState(Subscriber subscriber, SnapshotPoint point) {
    assert loop().inLoop();
    upstream.awaitState(subscriber, point);
  }

  /** Runs a task once, when the partition has moved on, whether the channel has or not. */
  void onNext(Runnable task) {
    progress.onNext(task);
  }

  void add(Subscriber subscriber) {
    assert loop().inLoop();
    if (size == subscribers.length) {
      subscribers = Arrays.copyOf(subscribers, Math.max(4, size + (size >> 1)));
    }
    subscriber.index = size;
    subscribers[size++] = subscriber;
  }

  /** Takes a subscriber out, and notifies the tail. */
  void remove(Subscriber subscriber) {
    assert loop().inLoop();
    Subscriber last = subscribers[--size];
    subscribers[subscriber.index] = last;
    last.index = subscriber.index;
    subscribers[size] = null;
    subscriber.index = -1;
    upstream.detach();
  }

  /** A subscriber has left before it could join. */
  void decline() {
    assert loop().inLoop();
    upstream.detach();
  }

  /** Takes a run that follows the newest one; retained for this view. */
  void append(Run run) {
    assert loop().inLoop();
    runs.add(run);
    closedThrough = run.closedThrough(closedThrough);
  }

  /** Puts a run, retained for this view, in the place of the one that ends where it ends. */
  void replace(Run run) {
    assert loop().inLoop();
    boolean found = false;
    for (int i = runs.size(); i > 0; i--) {
      // Once around, so that the order stays.
      Run next = runs.removeFirst();
      boolean same = next.through() == run.through();
      runs.addLast(same ? run : next);
      if (same) {
        next.release();
        found = true;
      }
    }
    if (!found) {
      run.release();
    }
  }

  void trim(long newFloor) {
    assert loop().inLoop();
    floor = Math.max(floor, newFloor);
    while (!runs.isEmpty() && runs.getFirst().through() <= floor) {
      runs.removeFirst().release();
    }
  }

  /** Drops every run: the tail starts over at this floor, perhaps in another epoch. */
  void cut(long newFloor) {
    release();
    floor = newFloor;
    closedThrough = Run.OPEN;
  }

  void closedThrough(long through) {
    assert loop().inLoop();
    closedThrough = through;
  }

  void release() {
    assert loop().inLoop();
    runs.forEach(Run::release);
    runs.clear();
  }

  /**
   * Settles every subscriber, before something comes that those who have everything may not have:
   * their partition may have moved on since their last event, and retention with it.
   */
  void settle() {
    assert loop().inLoop();
    for (int i = 0; i < size; i++) {
      subscribers[i].settle();
    }
  }

  /** Pumps every subscriber. Backwards, since one that leaves gives its place to the last one. */
  void pump() {
    assert loop().inLoop();
    for (int i = size - 1; i >= 0; i--) {
      if (i < size) {
        subscribers[i].pump();
      }
    }
  }
}
