package io.tailwater.javaclient;

import io.tailwater.javaclient.wire.Mark;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pattern, with one reader. Its position is opaque and moves with what a link brings, so only one
 * link reads it at a time. Confined to the client's loop.
 */
final class PatternFeed implements Feed {
  private final Owner owner;
  private final Reader reader;
  private @Nullable String position;
  private int version;

  PatternFeed(Owner owner, Reader reader) {
    this.owner = owner;
    this.reader = reader;
    Mark taken = reader.taken();
    this.position = taken == null ? null : taken.text();
  }

  @Override
  public String channel() {
    return reader.channel();
  }

  @Override
  public boolean isPattern() {
    return true;
  }

  @Override
  public Set<String> types() {
    return reader.options().types();
  }

  @Override
  public Start start() {
    return new Start(position, position == null ? reader.from() : "", null);
  }

  @Override
  public int version() {
    return version;
  }

  @Override
  public void join(Reader joined) {
    if (joined != reader) {
      joined.fail(
          TailwaterException.lasting(
              "invalid_request",
              "this client reads '" + channel() + "' already; share its subscription"));
      return;
    }
    owner.changed();
  }

  @Override
  public void leave(Reader left) {
    if (left == reader) {
      owner.drop(this);
    }
  }

  @Override
  public boolean opened(int ofVersion, Start asked, String text) {
    // Until a reset was told, the server repeats the position that it was given.
    if (position == null) {
      position = text.isEmpty() ? null : text;
      reader.begin(Mark.opaque(text));
    }
    return true;
  }

  @Override
  public void take(int ofVersion, List<Event> events, @Nullable String after) {
    reader.take(events, after == null ? null : Mark.opaque(after));
    position = after == null ? position : after;
    reader.parkIfFull();
  }

  @Override
  public void moved(int ofVersion, String text) {
    position = text;
    reader.move(Mark.opaque(text));
  }

  @Override
  public void widened(int ofVersion, String text) {
    throw new IllegalStateException("a pattern is read alone");
  }

  @Override
  public void reached(int ofVersion) {
    reader.live();
  }

  @Override
  public void reset(int ofVersion, Notices.Reset reset, String text) {
    position = text;
    reader.reset(reset, Mark.opaque(text));
  }

  @Override
  public void lost() {
    reader.notLive();
  }

  /** Channels of a pattern end; the pattern does not. */
  @Override
  public void ended(int ofVersion) {
    owner.drop(this);
    reader.end();
  }

  @Override
  public void refused(TailwaterException failure) {
    owner.drop(this);
    reader.fail(failure);
  }

  @Override
  public void closed() {
    owner.drop(this);
    reader.close();
  }
}
