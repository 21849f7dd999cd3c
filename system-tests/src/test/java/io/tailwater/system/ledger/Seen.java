package io.tailwater.system.ledger;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one reader was told, in order, whatever the transport. Written by the reader's thread, read
 * by any.
 */
public final class Seen {
  /**
   * One event.
   *
   * @param data as JSON text
   * @param connection on which of the reader's connections it came, from 1
   */
  public record Event(
      Channel channel, Position id, String type, String data, int connection, long nanos) {}

  /** A position that could not be honoured. */
  public record Reset(Channel channel, String reason, Position earliest, int connection) {}

  private final String reader;
  private final Map<Channel, Position> starts = new HashMap<>();
  private final List<Event> events = new ArrayList<>();
  private final Map<Channel, Position> newest = new HashMap<>();
  private final List<Reset> resets = new ArrayList<>();
  private final Map<Channel, Integer> live = new HashMap<>();
  private final Set<String> ended = new TreeSet<>();
  private final List<String> violations = new ArrayList<>();

  public Seen(String reader) {
    this.reader = reader;
  }

  public String reader() {
    return reader;
  }

  /** A connection was accepted; the first position of each channel is where this reader begins. */
  public synchronized void opened(Channel channel, Position position) {
    starts.putIfAbsent(channel, position);
  }

  public synchronized void event(Event event) {
    events.add(event);
    newest.put(event.channel(), event.id());
  }

  public synchronized void reset(Reset reset) {
    resets.add(reset);
  }

  /** The reader has caught up with this channel on this connection. */
  public synchronized void live(Channel channel, int connection) {
    live.put(channel, connection);
  }

  public synchronized void ended(Channel channel) {
    ended.add(channel.toString());
  }

  /** Something that the contract does not allow. */
  public synchronized void violation(String what) {
    violations.add(reader + ": " + what);
  }

  /** Where this reader began, null before its first connection was accepted. */
  public synchronized @Nullable Position start(Channel channel) {
    return starts.get(channel);
  }

  public synchronized List<Event> events() {
    return List.copyOf(events);
  }

  public synchronized List<Event> events(Channel channel) {
    return events.stream().filter(event -> event.channel().equals(channel)).toList();
  }

  /** The data of a channel's events, in order. */
  public synchronized List<String> data(Channel channel) {
    return events(channel).stream().map(Event::data).toList();
  }

  public synchronized int count() {
    return events.size();
  }

  /** The id of the newest event of this channel, null before the first. */
  public synchronized @Nullable Position newest(Channel channel) {
    return newest.get(channel);
  }

  public synchronized List<Reset> resets() {
    return List.copyOf(resets);
  }

  /** On which connection the channel was said to be live last, 0 if never. */
  public synchronized int liveOn(Channel channel) {
    return live.getOrDefault(channel, 0);
  }

  public synchronized boolean hasEnded(Channel channel) {
    return ended.contains(channel.toString());
  }

  public synchronized List<String> violations() {
    return List.copyOf(violations);
  }
}
