package io.tailwater.edge.roster;

import io.tailwater.edge.presence.Member;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the thread of its {@link Roster}: the members of a channel as its watchers at this
 * gateway know them. While it is not known who has left, it keeps everyone.
 */
final class View {
  private long version;
  private int count;
  private boolean stale;
  private boolean withheld;

  /** Null if they are only counted. */
  private @Nullable SortedMap<String, Member> members;

  /** What a look at a channel shows. */
  enum Kind {
    /** How many members there are. */
    COUNT,
    /** All members. */
    ALL,
    /** The members that have changed. */
    CHANGES
  }

  /**
   * A look at a channel.
   *
   * @param version for which it is true
   * @param members all of them, or those that have changed, by kind
   */
  record Look(long version, int count, Kind kind, RosterMembers members) {}

  /**
   * What watchers have to be told.
   *
   * @param whole whether they need the state, as a change does not say it
   */
  record Change(boolean whole, List<Member> joined, List<String> left, List<Member> changed) {
    private static final Change WHOLE = new Change(true, List.of(), List.of(), List.of());
  }

  /** The version after which it needs to know what has changed; 0 if it needs everything. */
  long since(boolean settled) {
    return settled && withheld ? 0 : version;
  }

  /** Redis has other versions now. */
  void forgetVersion() {
    version = 0;
  }

  /**
   * It is not known what happens.
   *
   * @return what watchers have to be told; null for nothing
   */
  @Nullable Change blind() {
    if (stale) {
      return null;
    }
    stale = true;
    return new Change(false, List.of(), List.of(), List.of());
  }

  /**
   * The channel was looked at.
   *
   * @param settled whether those that are missing have left
   * @return what watchers have to be told; null for nothing
   */
  @Nullable Change apply(Look look, boolean settled) {
    boolean news = stale == settled;
    stale = !settled;
    version = look.version();
    return switch (look.kind()) {
      case COUNT -> counted(look.count(), settled, news);
      case ALL -> all(look, settled, news);
      case CHANGES -> changes(look, settled, news);
    };
  }

  private @Nullable Change counted(int now, boolean settled, boolean news) {
    boolean listed = members != null;
    members = null;
    withheld = withheld && !settled;
    return count(now, settled) || news || listed
        ? new Change(false, List.of(), List.of(), List.of())
        : null;
  }

  private @Nullable Change all(Look look, boolean settled, boolean news) {
    SortedMap<String, Member> known = members;
    if (known == null) {
      members = new TreeMap<>();
      look.members().present().forEach(member -> put(members, member));
      count(look.count(), settled);
      withheld = !settled;
      return Change.WHOLE;
    }
    SortedMap<String, Member> now = new TreeMap<>();
    look.members().present().forEach(member -> now.put(member.subject(), member));
    List<RosterMembers.One> differing = new ArrayList<>();
    now.forEach((subject, member) -> differing.add(new RosterMembers.One(subject, member)));
    known.keySet().stream()
        .filter(subject -> !now.containsKey(subject))
        .forEach(subject -> differing.add(new RosterMembers.One(subject, null)));
    withheld = false;
    return change(differing, look.count(), settled, news);
  }

  private static void put(@Nullable SortedMap<String, Member> into, Member member) {
    if (into != null) {
      into.put(member.subject(), member);
    }
  }

  private @Nullable Change changes(Look look, boolean settled, boolean news) {
    return change(look.members().all(), look.count(), settled, news);
  }

  private @Nullable Change change(
      Collection<RosterMembers.One> differing, int now, boolean settled, boolean news) {
    SortedMap<String, Member> known = members;
    if (known == null) {
      // Changes of what it does not list: it needs everything.
      version = 0;
      return null;
    }
    List<Member> joined = new ArrayList<>();
    List<String> left = new ArrayList<>();
    List<Member> changed = new ArrayList<>();
    for (RosterMembers.One one : differing) {
      Member member = one.member();
      if (member != null) {
        Member before = known.put(one.subject(), member);
        if (before == null) {
          joined.add(member);
        } else if (!before.equals(member)) {
          changed.add(member);
        }
      } else if (!settled) {
        withheld = true;
      } else if (known.remove(one.subject()) != null) {
        left.add(one.subject());
      }
    }
    boolean counts = count(now, settled);
    return counts || news || !joined.isEmpty() || !left.isEmpty() || !changed.isEmpty()
        ? new Change(false, joined, left, changed)
        : null;
  }

  /** Whether that is another count. */
  private boolean count(int now, boolean settled) {
    int least = settled || members == null ? 0 : members.size();
    int after = settled ? now : Math.max(Math.max(now, count), least);
    boolean other = after != count;
    count = after;
    return other;
  }

  /** How many members it has. */
  int count() {
    return count;
  }

  /** Whether it is not known who has left. */
  boolean stale() {
    return stale;
  }

  /** The members, by subject; null if they are only counted. */
  @Nullable List<Member> members() {
    return members == null ? null : List.copyOf(members.values());
  }
}
