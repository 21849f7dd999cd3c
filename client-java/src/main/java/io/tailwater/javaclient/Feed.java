package io.tailwater.javaclient;

import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a client follows of a channel or pattern: a cursor, which links serve. Confined to the
 * client's loop.
 *
 * <p>Its version changes whenever the cursor begins elsewhere. What a link brings for another
 * version is void.
 */
interface Feed {
  /**
   * Where the cursor begins.
   *
   * @param after its position; null if it has none, and begins at {@code from}
   * @param from empty if it has a position
   * @param wide a later position of several channels which contains this one; null if there is none
   */
  record Start(@Nullable String after, String from, @Nullable String wide) {
    /** One position to continue from, null for none. */
    @Nullable String position() {
      return wide == null ? after : wide;
    }
  }

  /** The client, as a feed knows it. */
  interface Owner {
    /** The feed begins elsewhere. */
    void changed();

    /** Nobody reads the feed any more. */
    void drop(Feed feed);
  }

  String channel();

  boolean isPattern();

  /** Types to ask the server for; empty for all. */
  Set<String> types();

  Start start();

  int version();

  void join(Reader reader);

  void leave(Reader reader);

  /**
   * A link stands here. Returns false if it has to begin again, because it would leave something
   * out.
   *
   * @param asked where it was told to begin
   * @param position where it has begun; empty if the first events come with it
   */
  boolean opened(int version, Start asked, String position);

  /**
   * @param position of the whole feed after these events; null if each event's id is one
   */
  void take(int version, List<Event> events, @Nullable String position);

  /** The cursor has moved over events of others. */
  void moved(int version, String position);

  /** The cursor is contained in a position of several channels. */
  void widened(int version, String position);

  /** What follows is new. */
  void reached(int version);

  /**
   * @param position where the cursor stands now
   */
  void reset(int version, Notices.Reset reset, String position);

  /** The link that read is gone; another comes. */
  void lost();

  /** The channel is closed, and everything in it was brought. */
  void ended(int version);

  void refused(TailwaterException failure);

  /** The client was closed by its program. */
  void closed();
}
