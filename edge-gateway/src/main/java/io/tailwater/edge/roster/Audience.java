package io.tailwater.edge.roster;

import io.tailwater.contract.Channel;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.presence.PresenceUpdate;
import io.tailwater.edge.presence.Watcher;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the {@link RosterThread}: the clients of this gateway that watch who is present. It
 * looks at each of their channels once, however many watch it, and tells all of them the same.
 */
final class Audience {
  private final RosterScript script;
  private final RosterThread thread;
  private final Function<Channel, List<Holds.Held>> held;
  private final RosterMetrics metrics;
  private final Map<Channel, Watched> watched = new HashMap<>();
  private boolean settled;

  /**
   * @param held the members of a channel that this gateway holds
   */
  Audience(
      RosterScript script,
      RosterThread thread,
      Function<Channel, List<Holds.Held>> held,
      RosterMetrics metrics) {
    this.script = script;
    this.thread = thread;
    this.held = held;
    this.metrics = metrics;
  }

  /** A channel that is watched here. */
  private static final class Watched {
    private final int maxListed;
    private final View view = new View();
    private final Set<Watcher> watchers = new HashSet<>();

    /** Watchers that have to be told the state. */
    private final Set<Watcher> due = new HashSet<>();

    private boolean looking;
    private boolean dirty = true;
    private boolean seen;

    Watched(int maxListed) {
      this.maxListed = maxListed;
    }
  }

  /** Whether anyone watches. */
  boolean isEmpty() {
    return watched.isEmpty();
  }

  /** The view of a channel that is watched here; null if there is none. */
  @Nullable View view(Channel channel) {
    Watched each = watched.get(channel);
    return each == null || !each.seen ? null : each.view;
  }

  /** Redis has other versions now. */
  void forgetVersions() {
    watched.values().forEach(each -> each.view.forgetVersion());
  }

  /**
   * Redis was seen.
   *
   * @param nowSettled whether those that are missing there have left
   * @param changed the channels that have changed since the last time; null if any may have
   */
  void seen(boolean nowSettled, @Nullable Collection<String> changed) {
    if (changed == null || nowSettled != settled) {
      watched.values().forEach(each -> each.dirty = true);
    } else {
      for (String name : changed) {
        Watched each = watched.get(Channel.parse(name));
        if (each != null) {
          each.dirty = true;
        }
      }
    }
    settled = nowSettled;
    turn();
  }

  /** Redis was not seen: nothing is known of what happens. */
  void blind() {
    settled = false;
    watched.forEach(
        (channel, each) -> {
          each.dirty = true;
          View.Change change = each.view.blind();
          if (!each.seen) {
            showWhatIsHeldHere(channel, each);
          } else if (change != null) {
            show(channel, each, change);
          }
        });
  }

  /** A client watches a channel. */
  void watch(Channel channel, int maxListed, Watcher watcher) {
    assert RosterThread.isCurrent();
    Watched each = watched.computeIfAbsent(channel, none -> new Watched(maxListed));
    metrics.channels(watched.size());
    each.watchers.add(watcher);
    if (each.seen) {
      show(watcher, UpdateJson.state(channel, each.view));
    } else {
      each.due.add(watcher);
      look(channel, each);
    }
  }

  /** A client does not watch a channel any more. */
  void unwatch(Channel channel, Watcher watcher) {
    assert RosterThread.isCurrent();
    Watched each = watched.get(channel);
    if (each != null) {
      each.watchers.remove(watcher);
      each.due.remove(watcher);
      if (each.watchers.isEmpty()) {
        watched.remove(channel);
        metrics.channels(watched.size());
      }
    }
  }

  /** Looks at the channels that may have changed, and shows what is due. */
  void turn() {
    watched.forEach(
        (channel, each) -> {
          if (each.dirty) {
            look(channel, each);
          } else if (!each.due.isEmpty()) {
            showDue(channel, each);
          }
        });
  }

  private void look(Channel channel, Watched each) {
    if (each.looking) {
      return;
    }
    each.looking = true;
    each.dirty = false;
    thread.on(
        script.look(channel.toString(), each.view.since(settled), each.maxListed),
        (look, failure) -> {
          each.looking = false;
          if (watched.get(channel) != each) {
            return;
          }
          if (look == null) {
            each.dirty = true;
            metrics.failed();
            return;
          }
          View.Change change = each.view.apply(look, settled);
          each.seen = true;
          each.dirty = each.dirty || each.view.since(settled) == 0;
          if (change != null) {
            show(channel, each, change);
          }
          showDue(channel, each);
        });
  }

  private void show(Channel channel, Watched each, View.Change change) {
    metrics.updated();
    List<PresenceUpdate> updates =
        change.whole()
            ? UpdateJson.state(channel, each.view)
            : UpdateJson.change(channel, each.view, change);
    if (change.whole()) {
      each.due.clear();
    }
    Map<EdgeLoop, List<Watcher>> byLoop =
        each.watchers.stream()
            .filter(watcher -> !each.due.contains(watcher))
            .collect(Collectors.groupingBy(Watcher::loop));
    byLoop.forEach((loop, watchers) -> show(channel, loop, watchers, updates));
  }

  private void showDue(Channel channel, Watched each) {
    if (!each.due.isEmpty()) {
      List<PresenceUpdate> state = UpdateJson.state(channel, each.view);
      Map<EdgeLoop, List<Watcher>> byLoop =
          each.due.stream().collect(Collectors.groupingBy(Watcher::loop));
      each.due.clear();
      byLoop.forEach((loop, watchers) -> show(channel, loop, watchers, state));
    }
  }

  private void show(Watcher watcher, List<PresenceUpdate> updates) {
    show(updates.getFirst().channel(), watcher.loop(), List.of(watcher), updates);
  }

  /** Those that cannot be written to are told the state later. */
  private void show(
      Channel channel, EdgeLoop loop, List<Watcher> watchers, List<PresenceUpdate> updates) {
    loop.execute(
        () -> {
          List<Watcher> busy = new ArrayList<>();
          for (Watcher watcher : watchers) {
            if (!watcher.show(updates)) {
              busy.add(watcher);
            }
          }
          loop.flush();
          if (!busy.isEmpty()) {
            thread.execute(() -> onBusy(channel, busy));
          }
        });
  }

  private void onBusy(Channel channel, List<Watcher> busy) {
    Watched each = watched.get(channel);
    if (each != null) {
      busy.stream().filter(each.watchers::contains).forEach(each.due::add);
    }
  }

  /** Redis was away from the start on: watchers see at least those who are here. */
  private void showWhatIsHeldHere(Channel channel, Watched each) {
    List<Holds.Held> all = held.apply(channel);
    List<RosterMembers.One> here =
        Holds.listed(all).stream()
            .map(member -> new RosterMembers.One(member.subject(), member))
            .toList();
    View.Kind kind = each.maxListed < all.size() ? View.Kind.COUNT : View.Kind.ALL;
    each.view.apply(new View.Look(0, all.size(), kind, new RosterMembers(here)), false);
    each.seen = true;
    each.due.addAll(each.watchers);
    showDue(channel, each);
  }
}
