package io.tailwater.javaclient;

import io.tailwater.javaclient.wire.Mark;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One channel, shared by all its readers. A reader that needs older events moves the cursor back;
 * the others drop what they have. Confined to the client's loop.
 */
final class ChannelFeed implements Feed {
  private final Owner owner;
  private final String channel;
  private final Set<Reader> readers = new LinkedHashSet<>();
  // Readers whose `from` has no position yet.
  private final List<Reader> unresolved = new ArrayList<>();
  private @Nullable Mark position;
  private String from = "";
  private String lastReset = "";
  private int version;
  private boolean live;

  ChannelFeed(Owner owner, String channel) {
    this.owner = owner;
    this.channel = channel;
  }

  @Override
  public String channel() {
    return channel;
  }

  @Override
  public boolean isPattern() {
    return false;
  }

  /** Its readers may want different ones, so each of them chooses. */
  @Override
  public Set<String> types() {
    return Set.of();
  }

  @Override
  public Start start() {
    Mark at = position;
    return at == null ? new Start(null, from, null) : new Start(at.text(), "", at.wide());
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public void join(Reader reader) {
    readers.add(reader);
    Mark at = position;
    if (reader.taken() == null && reader.from().equals("latest") && at != null && live) {
      reader.begin(at);
    }
    Mark taken = reader.taken();
    if (taken == null) {
      unresolved.add(reader);
    } else if (live && at != null && taken.covers(at)) {
      reader.live();
    }
    plan();
  }

  @Override
  public void leave(Reader reader) {
    readers.remove(reader);
    unresolved.remove(reader);
    if (readers.isEmpty()) {
      owner.drop(this);
    }
  }

  /** Decides where the cursor has to stand. */
  private void plan() {
    if (!unresolved.isEmpty()) {
      String wanted = unresolved.get(0).from();
      // Else another reader's `from` is being looked up: this one is next.
      boolean busy = position == null && !from.isEmpty();
      if (!busy) {
        begin(null, wanted);
      }
      return;
    }
    Mark least = position;
    for (Reader reader : readers) {
      Mark taken = reader.taken();
      if (taken != null && (least == null || !taken.covers(least))) {
        least = taken;
      }
    }
    if (least != null && least != position) {
      begin(least, "");
    }
  }

  private void begin(@Nullable Mark at, String newFrom) {
    position = at;
    from = newFrom;
    live = false;
    version++;
    owner.changed();
  }

  @Override
  public boolean opened(int ofVersion, Start asked, String text) {
    if (ofVersion != version) {
      return false;
    }
    Mark at = Mark.of(text);
    Mark known = position;
    if (known != null && asked.after() == null && !known.covers(at)) {
      return false;
    }
    if (known == null
        || known.isOpaque()
        || (known.epoch().equals(at.epoch()) && at.offset() > known.offset())) {
      position = at;
    }
    if (asked.after() == null) {
      resolve(asked.from(), at);
    } else {
      for (Reader reader : readers) {
        Mark taken = reader.taken();
        if (taken != null && taken.text().equals(asked.after()) && !at.isOpaque()) {
          reader.begin(at);
        }
      }
    }
    plan();
    return ofVersion == version;
  }

  private void resolve(String ofFrom, Mark at) {
    List<Reader> resolved =
        unresolved.stream().filter(reader -> reader.from().equals(ofFrom)).toList();
    unresolved.removeAll(resolved);
    resolved.forEach(reader -> reader.begin(at));
  }

  @Override
  public void take(int ofVersion, List<Event> events, @Nullable String unused) {
    for (Event event : events) {
      if (ofVersion == version) {
        take(event);
      }
    }
  }

  private void take(Event event) {
    String id = event.id();
    Mark at = id == null ? null : Mark.of(id);
    if (at != null) {
      // Another link may have brought it already.
      if (position != null && position.covers(at)) {
        return;
      }
      position = at;
    }
    for (Reader reader : List.copyOf(readers)) {
      reader.take(event, at);
      reader.parkIfFull();
    }
  }

  @Override
  public void moved(int ofVersion, String text) {
    Mark at = Mark.of(text);
    Mark known = position;
    if (ofVersion != version
        || known == null
        || !known.epoch().equals(at.epoch())
        || at.offset() <= known.offset()) {
      return;
    }
    position = at;
    readers.forEach(reader -> reader.move(at));
  }

  @Override
  public void widened(int ofVersion, String wide) {
    Mark known = position;
    if (ofVersion != version || known == null) {
      return;
    }
    Mark at = known.within(wide);
    position = at;
    for (Reader reader : readers) {
      Mark taken = reader.taken();
      if (taken != null && at.covers(taken)) {
        reader.move(at);
      }
    }
  }

  @Override
  public void reached(int ofVersion) {
    if (ofVersion == version) {
      live = true;
      List.copyOf(readers).forEach(Reader::live);
    }
  }

  @Override
  public void reset(int ofVersion, Notices.Reset reset, String text) {
    String key = ofVersion + " " + reset.reason() + " " + text;
    // Two links may read at the same time: both are told.
    if (ofVersion != version || key.equals(lastReset)) {
      return;
    }
    lastReset = key;
    Mark at = Mark.of(text);
    Mark before = position;
    position = at;
    for (Reader reader : List.copyOf(readers)) {
      Mark taken = reader.taken();
      boolean stood = before != null && taken != null && before.covers(taken);
      if (taken == null || !taken.covers(at) || (stood && reset.reason().equals("foreign"))) {
        reader.reset(reset, at);
      }
    }
  }

  @Override
  public void lost() {
    live = false;
    readers.forEach(Reader::notLive);
  }

  @Override
  public void ended(int ofVersion) {
    if (ofVersion == version) {
      gone().forEach(Reader::end);
    }
  }

  @Override
  public void refused(TailwaterException failure) {
    gone().forEach(reader -> reader.fail(failure));
  }

  @Override
  public void closed() {
    gone().forEach(Reader::close);
  }

  private List<Reader> gone() {
    List<Reader> all = List.copyOf(readers);
    readers.clear();
    unresolved.clear();
    owner.drop(this);
    return all;
  }
}
