package io.tailwater.javaclient;

import io.tailwater.javaclient.loop.Loop;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a client follows, by the names of channels and patterns. Confined to the client's loop. */
final class Feeds implements Reader.Home, Feed.Owner {
  private final Loop loop;
  private final Map<String, Feed> feeds = new LinkedHashMap<>();
  private Runnable onChange = () -> {};
  private boolean changing;
  private @Nullable TailwaterException closed;

  Feeds(Loop loop) {
    this.loop = loop;
  }

  /** From now on changes are told here. Several at a time are one change. */
  void onChange(Runnable told) {
    onChange = told;
  }

  Collection<Feed> all() {
    return feeds.values();
  }

  boolean isEmpty() {
    return feeds.isEmpty();
  }

  @Nullable Feed get(String channel) {
    return feeds.get(channel);
  }

  /** Whether a feed is still followed. */
  boolean has(Feed feed) {
    return feeds.get(feed.channel()) == feed;
  }

  @Override
  public void join(Reader reader) {
    if (closed != null) {
      reader.fail(closed);
      return;
    }
    boolean isPattern = reader.channel().endsWith("*");
    feeds
        .computeIfAbsent(
            reader.channel(),
            channel -> isPattern ? new PatternFeed(this, reader) : new ChannelFeed(this, channel))
        .join(reader);
  }

  @Override
  public void leave(Reader reader) {
    Feed feed = feeds.get(reader.channel());
    if (feed != null) {
      feed.leave(reader);
    }
  }

  @Override
  public void changed() {
    if (!changing) {
      changing = true;
      loop.execute(
          () -> {
            changing = false;
            onChange.run();
          });
    }
  }

  @Override
  public void drop(Feed feed) {
    if (feeds.remove(feed.channel(), feed)) {
      changed();
    }
  }

  /**
   * Ends all of them.
   *
   * @param failure null if the program has closed its client
   */
  void close(@Nullable TailwaterException failure) {
    closed = failure == null ? TailwaterException.closed() : failure;
    for (Feed feed : List.copyOf(feeds.values())) {
      if (failure == null) {
        feed.closed();
      } else {
        feed.refused(failure);
      }
    }
  }
}
