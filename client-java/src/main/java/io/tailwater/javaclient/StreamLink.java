package io.tailwater.javaclient;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.tailwater.javaclient.loop.Backoff;
import io.tailwater.javaclient.loop.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Event streams or polls, each for several channels. Confined to the client's loop. */
final class StreamLink implements Link {
  private final Loop loop;
  private final Link.Host host;
  private final Http http;
  private final Credentials credentials;
  private final Backoff backoff;
  private final long timeoutMs;
  private final Transport kind;
  private final Set<Group> groups = new LinkedHashSet<>();
  private boolean closed;

  /**
   * @param kind {@code SSE}, {@code LONG_POLL} or {@code SHORT_POLL}
   */
  StreamLink(
      Loop loop,
      Link.Host host,
      Http http,
      Credentials credentials,
      Backoff backoff,
      long timeoutMs,
      Transport kind) {
    this.loop = loop;
    this.host = host;
    this.http = http;
    this.credentials = credentials;
    this.backoff = backoff;
    this.timeoutMs = timeoutMs;
    this.kind = kind;
  }

  @Override
  public Transport kind() {
    return kind;
  }

  @Override
  public boolean isOpen() {
    return groups.stream().anyMatch(Group::isOpen);
  }

  @Override
  public boolean isReady() {
    long placed = groups.stream().mapToLong(group -> group.feeds().size()).sum();
    return placed == wanted().size() && groups.stream().allMatch(Group::isReady);
  }

  /** Two links cannot read a pattern at the same time. */
  private List<Feed> wanted() {
    return host.feeds().all().stream()
        .filter(feed -> !feed.isPattern() || host.isCurrent(this))
        .toList();
  }

  @Override
  public void update() {
    if (closed) {
      return;
    }
    List<Feed> wanted = wanted();
    Set<Feed> placed = new LinkedHashSet<>();
    for (Group group : List.copyOf(groups)) {
      group.feeds().removeIf(feed -> !wanted.contains(feed));
      placed.addAll(group.feeds());
      if (group.feeds().isEmpty()) {
        groups.remove(group);
        group.close();
      }
    }
    for (Feed feed : wanted) {
      if (!placed.contains(feed)) {
        place(feed);
      }
    }
    List.copyOf(groups).forEach(Group::update);
  }

  @Override
  public void tellLive() {
    List.copyOf(groups).forEach(Group::tellLive);
  }

  private void place(Feed feed) {
    Group group =
        groups.stream().filter(one -> one.hasRoomFor(feed)).findFirst().orElseGet(this::newGroup);
    groups.add(group);
    group.feeds().add(feed);
  }

  private Group newGroup() {
    return new Group(loop, host, this, http, credentials, backoff, timeoutMs);
  }

  /** A link of this kind publishes by POST. */
  @Override
  public @Nullable CompletableFuture<JsonNode> publish(ObjectNode frame) {
    return null;
  }

  @Override
  public @Nullable CompletableFuture<JsonNode> call(ObjectNode frame, long limitMs) {
    return null;
  }

  @Override
  public CompletableFuture<Long> ping(long limitMs) {
    return http.ping(limitMs);
  }

  @Override
  public void probe() {
    groups.forEach(Group::probe);
  }

  @Override
  public void close() {
    closed = true;
    List.copyOf(groups).forEach(Group::close);
  }
}
