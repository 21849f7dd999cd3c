package io.tailwater.edge.roster;

import io.tailwater.contract.Channel;
import io.tailwater.edge.presence.Member;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Confined to the thread of its {@link Roster}: the members that this gateway holds, and what of
 * that Redis was not told yet. Of a member that changes often, Redis is told the last state only.
 */
final class Holds {
  private final Map<Key, Hold> held = new HashMap<>();
  private final Map<Key, Pending> pending = new LinkedHashMap<>();

  /**
   * A member of a channel.
   *
   * @param subject with a control character before it if it is an anonymous connection
   * @param listed whether its subject is shown
   */
  record Key(Channel channel, String subject, boolean listed) {}

  /**
   * What Redis is to be told of a member.
   *
   * @param connections how many it has at this gateway
   * @param added whether one was added, and so breaks that are pending are over
   * @param graceMs how long it stays after a connection broke since then; 0 if none did
   */
  record Change(Key key, int connections, boolean added, long graceMs, long sinceMs, String info) {}

  private static final class Hold {
    private int connections;
    private final long sinceMs;
    private String info = "";

    Hold(long sinceMs) {
      this.sinceMs = sinceMs;
    }
  }

  private static final class Pending {
    private boolean added;
    private long graceMs;
    private long sinceMs;
    private String info = "";
  }

  /** A connection of a member begins. */
  void enter(Key key, String info, long nowMs) {
    Hold hold = held.computeIfAbsent(key, none -> new Hold(nowMs));
    hold.connections++;
    hold.info = info;
    Pending change = pending(key, hold);
    change.added = true;
    change.graceMs = 0;
  }

  /** A member says something else about itself. */
  void change(Key key, String info) {
    Hold hold = held.get(key);
    if (hold != null && !hold.info.equals(info)) {
      hold.info = info;
      pending(key, hold).added = true;
    }
  }

  /**
   * A connection of a member ends.
   *
   * @param graceMs how long the member stays for it; 0 if it has left
   */
  void end(Key key, long graceMs) {
    Hold hold = held.get(key);
    if (hold == null) {
      return;
    }
    Pending change = pending(key, hold);
    change.graceMs = Math.max(change.graceMs, graceMs);
    if (--hold.connections == 0) {
      held.remove(key);
    }
  }

  private Pending pending(Key key, Hold hold) {
    Pending change = pending.computeIfAbsent(key, none -> new Pending());
    change.sinceMs = hold.sinceMs;
    change.info = hold.info;
    return change;
  }

  /** Takes the changes that have waited longest, at most this many. */
  List<Change> take(int max) {
    List<Change> taken = new ArrayList<>();
    Iterator<Map.Entry<Key, Pending>> each = pending.entrySet().iterator();
    while (taken.size() < max && each.hasNext()) {
      Map.Entry<Key, Pending> entry = each.next();
      Pending change = entry.getValue();
      Hold hold = held.get(entry.getKey());
      taken.add(
          new Change(
              entry.getKey(),
              hold == null ? 0 : hold.connections,
              change.added,
              change.graceMs,
              change.sinceMs,
              change.info));
      each.remove();
    }
    return taken;
  }

  /** Redis is to be told everything again, as it may have forgotten it. */
  void again() {
    pending.clear();
    held.forEach((key, hold) -> pending(key, hold).added = true);
  }

  /** Whether Redis has been told everything. */
  boolean told() {
    return pending.isEmpty();
  }

  /** Members of a channel that are held here. */
  List<Held> of(Channel channel) {
    return stream(channel)
        .map(
            entry ->
                new Held(
                    entry.getKey(),
                    entry.getValue().connections,
                    entry.getValue().sinceMs,
                    entry.getValue().info))
        .toList();
  }

  /** A member that is held here. */
  record Held(Key key, int connections, long sinceMs, String info) {}

  /** Those of them whose subjects are shown. */
  static List<Member> listed(List<Held> held) {
    return held.stream()
        .filter(one -> one.key().listed())
        .map(one -> new Member(one.key().subject(), one.sinceMs(), one.info()))
        .toList();
  }

  private Stream<Map.Entry<Key, Hold>> stream(Channel channel) {
    return held.entrySet().stream().filter(entry -> entry.getKey().channel().equals(channel));
  }

  /** How many members are held here. */
  int size() {
    return held.size();
  }

  /** How many changes Redis was not told yet. */
  int waiting() {
    return pending.size();
  }
}
