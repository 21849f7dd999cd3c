package io.tailwater.system.javaclient;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Position;
import io.tailwater.contract.RequestException;
import io.tailwater.contract.Scope;
import io.tailwater.javaclient.ClientListener;
import io.tailwater.javaclient.Event;
import io.tailwater.javaclient.Notices;
import io.tailwater.javaclient.SubscribeOptions;
import io.tailwater.javaclient.Subscription;
import io.tailwater.javaclient.TailwaterClient;
import io.tailwater.javaclient.TailwaterException;
import io.tailwater.javaclient.Transport;
import io.tailwater.system.clients.Cut;
import io.tailwater.system.clients.Held;
import io.tailwater.system.clients.Reader;
import io.tailwater.system.ledger.Seen;
import io.tailwater.system.ledger.Wanted;
import io.tailwater.system.platform.Relay;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client of ours behind a network of its own, which is cut; each connection goes to one of the
 * gateways. Everything that it is told runs on one thread of its own; safe for any.
 */
final class JavaClientReader implements Reader {
  private static final Set<Transport> STREAMING = EnumSet.of(Transport.WEBSOCKET, Transport.SSE);

  private final Wanted wanted;
  private final Transport transport;
  private final Relay relay;
  private final Seen seen;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(Thread.ofVirtual().name("java-client").factory());
  private final TailwaterClient client;
  // Confined to the thread.
  private final Map<Scope, Reads> reads = new HashMap<>();
  private volatile int connections;
  private volatile @Nullable Transport now;
  private volatile @Nullable String failure;

  /** Begins to connect. */
  JavaClientReader(Transport transport, Wanted wanted, List<URI> gateways) {
    this.wanted = wanted;
    this.transport = transport;
    this.seen = new Seen(wanted.name());
    try {
      this.relay = new Relay(gateways);
    } catch (IOException e) {
      throw new UncheckedIOException("no port to listen on", e);
    }
    TailwaterClient.Builder builder =
        TailwaterClient.builder(relay.address().toString())
            .transport(transport)
            .backoff(Duration.ofMillis(25), Duration.ofMillis(250))
            .executor(thread)
            .listener(new Told());
    String token = wanted.token();
    this.client = (token == null ? builder : builder.token(token)).build();
    thread.execute(() -> wanted.scopes().forEach(this::begin));
  }

  TailwaterClient client() {
    return client;
  }

  Relay relay() {
    return relay;
  }

  /** The transport that it uses now; null before the first. */
  @Nullable Transport transport() {
    return now;
  }

  private void begin(Scope scope) {
    String after = wanted.after();
    SubscribeOptions options =
        after == null ? SubscribeOptions.from(wanted.from()) : SubscribeOptions.after(after);
    reads.put(scope, new Reads(scope, options));
  }

  /** Gives every channel up and takes it again at its position. */
  private void again() {
    connections++;
    for (Reads one : List.copyOf(reads.values())) {
      String position = one.position();
      one.close();
      if (position == null) {
        begin(one.scope);
      } else {
        reads.put(one.scope, new Reads(one.scope, SubscribeOptions.after(position)));
      }
    }
  }

  private final class Told implements ClientListener {
    @Override
    public void state(State state) {
      if (state == State.LIVE) {
        connections++;
      }
    }

    @Override
    public void transport(Transport transport, String why) {
      now = transport;
    }

    @Override
    public void failed(TailwaterException error) {
      failure = error.toString();
    }
  }

  /**
   * What it reads of one channel or pattern. Whoever begins at the beginning reads it as a reactive
   * stream with little demand, unless it has to give it up and come back.
   */
  private final class Reads implements Notices, Flow.Subscriber<Event> {
    private static final int DEMAND = 3;

    private final Scope scope;
    private final @Nullable Subscription subscription;
    private final boolean fromTheBeginning;
    private final Set<Channel> started = new HashSet<>();
    private int demanded;
    private Flow.@Nullable Subscription flow;

    Reads(Scope scope, SubscribeOptions options) {
      this.scope = scope;
      this.fromTheBeginning = options.from().equals("earliest") && options.after() == null;
      io.tailwater.javaclient.Channel channel = client.channel(scope.toString());
      boolean reactive = options.from().equals("earliest") && STREAMING.contains(transport);
      if (reactive) {
        subscription = null;
        channel.publisher(options.notices(this)).subscribe(this);
      } else {
        subscription = channel.subscribe(this::take, options.notices(this));
        subscription.done().whenComplete((nothing, failure) -> failed(failure));
      }
    }

    @Nullable String position() {
      return subscription == null ? null : subscription.position();
    }

    void close() {
      if (subscription != null) {
        subscription.close();
      }
      if (flow != null) {
        flow.cancel();
      }
    }

    private void take(Event event) {
      Channel of = channel(event.channel());
      Position at = Position.parse(String.valueOf(event.id()));
      String position = position();
      if (position != null && !position.isEmpty()) {
        startAt(position);
      } else if (fromTheBeginning) {
        eachChannel(channel -> start(channel, new Position(at.epoch(), Position.BEFORE_FIRST)));
      } else {
        // The position of a pattern moves with whole answers, so all that is known is this.
        start(of, new Position(at.epoch(), at.offset() - 1));
      }
      seen.event(
          new Seen.Event(
              of, at, event.type(), event.data().toString(), connections, System.nanoTime()));
    }

    /** Where it began, before it has moved. */
    private void startAt(String position) {
      eachChannel(
          channel -> {
            Position start = Held.of(position, channel, scope);
            if (start != null) {
              start(channel, start);
            }
          });
    }

    private void start(Channel channel, Position at) {
      if (started.add(channel)) {
        seen.opened(channel, at);
      }
    }

    private void eachChannel(Consumer<Channel> told) {
      wanted.channels().stream()
          .filter(channel -> scope.covers(channel.namespace(), channel.key()))
          .forEach(told);
    }

    @Override
    public void live(String position) {
      startAt(position);
      eachChannel(channel -> seen.live(channel, connections));
    }

    @Override
    public void reset(Reset reset) {
      String earliest = reset.earliest();
      seen.reset(
          new Seen.Reset(
              wanted.channels().getFirst(),
              reset.reason(),
              earliest == null ? Position.EPHEMERAL : Position.parse(earliest),
              connections));
    }

    @Override
    public void end() {
      eachChannel(seen::ended);
    }

    private void failed(@Nullable Throwable thrown) {
      if (thrown != null) {
        failure = scope + ": " + thrown;
      }
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      flow = given;
      onDemand();
    }

    private void onDemand() {
      if (flow != null && demanded == 0) {
        demanded = DEMAND;
        flow.request(DEMAND);
      }
    }

    @Override
    public void onNext(Event event) {
      demanded--;
      take(event);
      onDemand();
    }

    @Override
    public void onError(Throwable thrown) {
      failed(thrown);
    }

    @Override
    public void onComplete() {
      // Its notice has told.
    }
  }

  private static Channel channel(String name) {
    try {
      return Channel.parse(name);
    } catch (RequestException e) {
      throw new IllegalStateException("no channel: " + name, e);
    }
  }

  @Override
  public Seen seen() {
    return seen;
  }

  @Override
  public void cut(Cut how) {
    relay.drop(how);
    if (!STREAMING.contains(now)) {
      // Between two polls there is nothing to cut: it returns as a client that was.
      thread.execute(this::again);
    }
  }

  @Override
  public void pause() {
    relay.pause();
  }

  @Override
  public void resume() {
    relay.resume();
  }

  @Override
  public boolean finished() {
    return wanted.channels().stream().allMatch(seen::hasEnded);
  }

  @Override
  public @Nullable String failure() {
    return failure;
  }

  @Override
  public int connections() {
    return connections;
  }

  @Override
  public void close() {
    client.close();
    thread.shutdown();
    try {
      relay.close();
    } catch (IOException e) {
      throw new UncheckedIOException("the relay does not close", e);
    }
  }
}
