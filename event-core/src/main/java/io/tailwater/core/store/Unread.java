package io.tailwater.core.store;

import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import io.tailwater.contract.v1.Event;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Owned by the thread that creates it: how far one subject has read, and how much it has not, from
 * one snapshot. What it looks through is bounded, over all channels.
 */
public final class Unread implements AutoCloseable {
  private static final int MAX_COUNTED = 1_000;

  /** How many bytes of events are looked through before it stops to count. */
  private static final long MAX_BYTES = 16 << 20;

  private final Store.View view;
  private final String subject;
  private final Set<String> types;
  private long bytes;

  /**
   * Opens a snapshot.
   *
   * @param types of the events to count; empty for all
   * @throws StoreException if the store is closed or cannot be read
   */
  public Unread(Store store, String subject, Set<String> types) {
    this.view = store.view();
    this.subject = subject;
    this.types = Set.copyOf(types);
  }

  /**
   * Immutable: what was counted.
   *
   * @param events at most 1,000
   * @param more whether there are more than were counted
   */
  public record Count(int events, boolean more) {}

  /**
   * How far the subject has read a channel; null if it has not said so, or too long ago.
   *
   * @param acks of the partition that has the subject's read positions
   */
  public @Nullable Position read(Keys acks, String channel) {
    byte[] stored = view.get(acks.entry(bytes(subject), bytes(channel)));
    if (stored == null) {
      return null;
    }
    ReadThrough through = ReadThrough.decode(stored);
    return through == null || through.offset() < progress(acks).earliest()
        ? null
        : through.position();
  }

  /**
   * Counts the events of others after a position. All that are left are after a position of an
   * earlier topic.
   *
   * @param keys of the channel's partition
   */
  public Count after(Position position, Keys keys, byte[] channel) {
    Progress progress = progress(keys);
    Epoch epoch = progress.epoch();
    long from = progress.earliestPosition();
    if (position.epoch().equals(epoch)) {
      from = Math.max(from, position.offset());
    }
    int events = 0;
    try (Walk walk = Walk.of(new Wanted.OfChannel(channel, types), keys, view)) {
      for (walk.seek(from + 1); walk.isValid(); walk.next()) {
        if (events == MAX_COUNTED || bytes > MAX_BYTES) {
          return new Count(events, true);
        }
        long leftOut = walk.leftOutBytes();
        Event event = walk.event();
        bytes += event == null ? walk.leftOutBytes() - leftOut : walk.bytes();
        if (event != null && !event.getBy().equals(subject)) {
          events++;
        }
      }
    }
    return new Count(events, false);
  }

  private Progress progress(Keys keys) {
    byte[] stored = view.get(keys.progress());
    if (stored == null) {
      throw new StoreException("the store has no progress of the partition");
    }
    return Progress.decode(stored);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    view.close();
  }
}
