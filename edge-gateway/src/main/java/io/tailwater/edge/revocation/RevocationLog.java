package io.tailwater.edge.revocation;

import io.micronaut.serde.ObjectMapper;
import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.v1.Event;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.edge.access.Revocation;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.log.Notice;
import io.tailwater.edge.log.Opened;
import io.tailwater.edge.log.Reader;
import io.tailwater.edge.log.Run;
import io.tailwater.edge.log.Selection;
import io.tailwater.edge.log.Start;
import io.tailwater.edge.log.Subscription;
import io.tailwater.edge.loop.EdgeLoop;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Confined to one event loop: reads the channel of revocations from its beginning, as any
 * subscriber does, and folds it into {@link Revocations}. The gateway ends the connections that a
 * new revocation is about.
 */
public final class RevocationLog implements Reader<Subscription> {
  private static final Logger LOG = LoggerFactory.getLogger(RevocationLog.class);

  /** Where revocations are published. */
  public static final Channel CHANNEL = Channel.parse("platform:revocations");

  private static final long RETRY_MS = 200;
  private static final long FORGET_PERIOD_S = 60;

  /** Of so many events it is known how many connections they ended. */
  private static final int MAX_RECENT = 256;

  private final Feeds feeds;
  private final Namespaces namespaces;
  private final Connections connections;
  private final Revocations revocations;
  private final ObjectMapper json;
  private final EdgeLoop loop;
  private final LinkedHashMap<Position, CompletableFuture<Integer>> recent = new LinkedHashMap<>();

  RevocationLog(
      Feeds feeds,
      Namespaces namespaces,
      Connections connections,
      Revocations revocations,
      ObjectMapper json,
      EdgeLoop loop) {
    this.feeds = feeds;
    this.namespaces = namespaces;
    this.connections = connections;
    this.revocations = revocations;
    this.json = json;
    this.loop = loop;
  }

  /** Begins to read, as soon as there is a log. Any thread. */
  void start() {
    loop.execute(this::open);
    loop.eventLoop()
        .scheduleAtFixedRate(
            revocations::forgetOver, FORGET_PERIOD_S, FORGET_PERIOD_S, TimeUnit.SECONDS);
  }

  /**
   * Completes once this event has been read, with the number of connections that were ended because
   * of it. Any thread.
   */
  public CompletableFuture<Integer> ended(Position event) {
    CompletableFuture<Integer> answer = new CompletableFuture<>();
    loop.execute(() -> recent(event).thenAccept(answer::complete));
    return answer;
  }

  private CompletableFuture<Integer> recent(Position event) {
    CompletableFuture<Integer> ended =
        recent.computeIfAbsent(event, key -> new CompletableFuture<>());
    while (recent.size() > MAX_RECENT) {
      recent.pollFirstEntry();
    }
    return ended;
  }

  private void open() {
    assert loop.inLoop();
    try {
      feeds
          .open(
              namespaces.get(CHANNEL.namespace()),
              Selection.of(CHANNEL),
              new Start.Earliest(),
              // Also what this gateway has not received yet.
              true)
          .getFirst()
          .whenCompleteAsync(this::onOpened, loop::execute);
    } catch (RequestException e) {
      openLater(e);
    }
  }

  private void onOpened(@Nullable Opened opened, @Nullable Throwable failure) {
    assert loop.inLoop();
    if (opened == null) {
      openLater(failure);
    } else {
      new Subscription(this, List.of(opened)).start(List.of(opened), loop);
    }
  }

  private void openLater(@Nullable Throwable failure) {
    LOG.debug("revocations cannot be read yet", failure);
    loop.eventLoop().schedule(this::open, RETRY_MS, TimeUnit.MILLISECONDS);
  }

  // --- what it reads ---

  @Override
  public int deliver(Subscription subscription, Run run, int index) {
    assert loop.inLoop();
    for (Event event : run.events().subList(index, run.events().size())) {
      fold(event);
      CompletableFuture<Integer> ended = recent(new Position(run.epoch(), event.getOffset()));
      if (revocations.complete()) {
        connections.endRevoked().thenAccept(ended::complete);
      } else {
        // No token has been judged, so nobody is connected with one.
        ended.complete(0);
      }
    }
    return run.events().size();
  }

  private void fold(Event event) {
    RevocationRecord data;
    try {
      data = json.readValue(event.getData().toByteArray(), RevocationRecord.class);
    } catch (IOException e) {
      LOG.error("the event {} of {} is not a revocation", event.getOffset(), CHANNEL, e);
      return;
    }
    Revocation.Target target = data == null ? null : data.target();
    Long before = data == null ? null : data.before();
    Long until = data == null ? null : data.until();
    if (target != null && event.getType().equals(RevocationRecord.RESTORE)) {
      revocations.remove(target);
    } else if (target != null
        && before != null
        && until != null
        && event.getType().equals(RevocationRecord.REVOKE)) {
      revocations.put(new Revocation(target, before, until, event.getBy(), event.getTsMs()));
    } else {
      LOG.error("the event {} of {} is not understood", event.getOffset(), CHANNEL);
    }
  }

  @Override
  public void notice(Subscription subscription, Notice notice) {
    assert loop.inLoop();
    switch (notice) {
      case Notice.Live live -> {
        if (!revocations.complete()) {
          revocations.setComplete();
          LOG.info("{} revocations are in force", revocations.size());
        }
      }
      case Notice.Reset(var missed) ->
          LOG.warn("some revocations are no longer in the log ({})", missed.reason().wire());
      case Notice.PartitionsReset reset ->
          throw new IllegalStateException("a channel is not a pattern");
      case Notice.End end -> LOG.error("the channel {} was closed", CHANNEL);
    }
  }

  @Override
  public boolean writable() {
    return true;
  }

  @Override
  public void leftOut(long bytes) {
    // It wants all types.
  }

  @Override
  public long replayPauseMs() {
    return 0;
  }

  @Override
  public void fellBehind(SlowReaders policy) {
    // It is always writable, and the namespace lets its readers catch up.
  }
}
