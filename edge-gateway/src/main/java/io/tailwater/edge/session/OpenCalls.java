package io.tailwater.edge.session;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Keeps in Redis which calls of sessions have no answer, so that the session's next connection can
 * refuse them when their answers were lost with a gateway. Any thread. Changes are written
 * together, every {@link #EVERY_MS}. A call that has its answer by then never gets to Redis, and
 * one whose gateway is killed before that is not known. Without Redis nothing is kept.
 */
public final class OpenCalls {
  static final long EVERY_MS = 20;

  private static final int MAX_IN_WRITE = 500;

  private final Sessions sessions;
  private final LongSupplier nanoTime;

  /** Bounded by the calls that a gateway accepts. */
  private final ConcurrentMap<Name, Change> changes = new ConcurrentHashMap<>();

  OpenCalls(Sessions sessions, LongSupplier nanoTime) {
    this.sessions = sessions;
    this.nanoTime = nanoTime;
  }

  private record Name(String session, String call) {}

  private sealed interface Change {
    record Began(long deadlineNanos) implements Change {}

    record Ended() implements Change {}
  }

  /** A call of a session's connection was accepted. */
  public void began(Session session, long id, boolean hasKey, long timeoutMs) {
    changes.put(
        name(session, id, hasKey),
        new Change.Began(nanoTime.getAsLong() + TimeUnit.MILLISECONDS.toNanos(timeoutMs)));
  }

  /** The client has the answer of a call, or waits for it no more. */
  public void ended(Session session, long id, boolean hasKey) {
    changes.compute(
        name(session, id, hasKey),
        (name, before) -> before instanceof Change.Began ? null : new Change.Ended());
  }

  private static Name name(Session session, long id, boolean hasKey) {
    return new Name(session.id(), OpenCall.name(id, hasKey));
  }

  /** How many changes are not written yet. */
  int size() {
    return changes.size();
  }

  /** Writes what has changed. Called every {@link #EVERY_MS} by one thread. */
  void turn() {
    List<String> all = new ArrayList<>();
    changes.forEach(
        (name, change) -> {
          if (changes.remove(name, change)) {
            all.add(name.session());
            all.add(name.call());
            all.add(left(change));
          }
          if (all.size() >= 3 * MAX_IN_WRITE) {
            write(all);
          }
        });
    write(all);
  }

  private String left(Change change) {
    return switch (change) {
      case Change.Began(long deadline) ->
          Long.toString(TimeUnit.NANOSECONDS.toMillis(deadline - nanoTime.getAsLong()));
      case Change.Ended() -> "";
    };
  }

  private void write(List<String> all) {
    if (!all.isEmpty()) {
      sessions.note(List.copyOf(all));
      all.clear();
    }
  }
}
