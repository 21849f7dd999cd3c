package io.tailwater.edge.session;

import io.tailwater.contract.Platform;
import io.tailwater.edge.connection.Connection;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import io.tailwater.redis.RedisScript;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of this gateway's connections; as many as there are connections. Any thread. Without
 * Redis every connection has a new session, and none is taken from another one.
 */
public final class Sessions {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);

  /** Keeps all of them on one server of a Cluster, so that many can be renewed in one call. */
  static final String TAG = "{session}:";

  /** How long a session lives after its connection, unless its protocol says otherwise. */
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** How much longer it is kept while its connection lives: a renewal and a half. */
  private static final Duration RENEWAL = Duration.ofSeconds(30);

  /** Sessions are renewed in parts, one each second. */
  private static final int PARTS = 20;

  private static final int MAX_IN_CALL = 500;
  private static final long PATIENCE_MS = 1_000;

  private final SessionTokens tokens;
  private final RedisScript script;
  private final Supplier<@Nullable Platform> platform;
  private final RedisPublisher publisher;
  private final Supplier<String> names;
  private final String gateway;
  private final List<Map<String, Open>> open =
      IntStream.range(0, PARTS)
          .<Map<String, Open>>mapToObj(i -> new ConcurrentHashMap<>())
          .toList();
  private int part;

  private record Open(Session session, Connection connection, Consumer<byte[]> receiver) {}

  /**
   * @param platform whose sessions they are; null until it is known
   * @param names makes unique names
   */
  Sessions(
      SessionTokens tokens,
      RedisScript script,
      Supplier<@Nullable Platform> platform,
      RedisPublisher publisher,
      Supplier<String> names) {
    this.tokens = tokens;
    this.script = script;
    this.platform = platform;
    this.publisher = publisher;
    this.names = names;
    this.gateway = names.get();
  }

  /** Lets other gateways tell that they have taken sessions from this one. */
  void listen(RedisListener listener) {
    listener.subscribe(TAG + gateway, this::onTaken, () -> {});
  }

  /**
   * A session for a connection that is about to begin.
   *
   * @param shown what the client presents; null for nothing
   * @return the session that it presents if that lives, else a new one; never fails
   */
  public CompletableFuture<Session> begin(@Nullable String shown, String subject) {
    return begin(shown, subject, GRACE);
  }

  /**
   * As {@link #begin(String, String)}.
   *
   * @param grace how long the session lives after its connection
   */
  public CompletableFuture<Session> begin(@Nullable String shown, String subject, Duration grace) {
    String id = shown == null ? null : tokens.id(shown, subject).orElse(null);
    if (id == null) {
      return CompletableFuture.completedFuture(fresh(subject, grace));
    }
    String connection = gateway + "\n" + names.get();
    return call("claim", grace.plus(RENEWAL), List.of(id, connection))
        .orTimeout(PATIENCE_MS, TimeUnit.MILLISECONDS)
        .handle(
            (answer, failure) -> {
              if (answer == null || !answer.get(0).equals(1L)) {
                return fresh(subject, grace);
              }
              String before = (String) answer.get(1);
              if (!before.isEmpty()) {
                take(id, before);
              }
              return new Session(
                  id,
                  tokens.text(id, subject),
                  connection,
                  true,
                  calls(answer.get(2)),
                  (Long) answer.get(3),
                  grace);
            });
  }

  /** A session that no connection had before. */
  public Session fresh(String subject) {
    return fresh(subject, GRACE);
  }

  /**
   * As {@link #fresh(String)}.
   *
   * @param grace how long the session lives after its connection
   */
  public Session fresh(String subject, Duration grace) {
    String id = tokens.newId();
    return new Session(
        id, tokens.text(id, subject), gateway + "\n" + names.get(), false, List.of(), 0, grace);
  }

  private static List<OpenCall> calls(Object answer) {
    List<?> all = (List<?>) answer;
    return IntStream.range(0, all.size() / 2)
        .mapToObj(i -> OpenCall.of((String) all.get(2 * i), (Long) all.get(2 * i + 1)))
        .flatMap(Optional::stream)
        .toList();
  }

  /**
   * The connection of a session has begun.
   *
   * @param receiver gets what was meant for an earlier connection of the session; any thread
   */
  public void opened(Session session, Connection connection, Consumer<byte[]> receiver) {
    Open now = new Open(session, connection, receiver);
    Open before = part(session.id()).put(session.id(), now);
    if (before != null) {
      before.connection.endSoon(Disconnect.REPLACED);
    }
    if (!session.restored()) {
      renew(session.grace(), List.of(now));
    }
  }

  /** The connection of a session has ended, or has another one. */
  public void ended(Session session) {
    Map<String, Open> all = part(session.id());
    Open one = all.get(session.id());
    if (one != null && one.session.equals(session) && all.remove(session.id(), one)) {
      abandoned(session);
    }
  }

  /** The connection that a session was begun for has ended before it could be told. */
  public void abandoned(Session session) {
    call("finish", session.grace(), List.of(session.id(), session.connection()));
  }

  /** The connection of this gateway that has the session, if one has. */
  public Optional<Connection> connection(String id) {
    return Optional.ofNullable(part(id).get(id)).map(Open::connection);
  }

  /** The name of this gateway among those that share sessions. */
  String gateway() {
    return gateway;
  }

  /** The gateway of a connection, by the connection's name. */
  static String gatewayOf(String connection) {
    return connection.substring(0, connection.indexOf('\n'));
  }

  /** The name of the connection that has a session; empty if none has. Fails without Redis. */
  CompletableFuture<String> holder(String id) {
    return call("holder", GRACE, List.of(id)).thenApply(answer -> (String) answer.getFirst());
  }

  /**
   * Notes which calls of sessions have no answer.
   *
   * @param changes for each the session's id, the call's name, and the milliseconds until its
   *     deadline, or nothing if it has its answer
   */
  void note(List<String> changes) {
    call("note", GRACE.plus(RENEWAL), changes);
  }

  /** Gives a message to the connection of this gateway that has the session, if one has. */
  void deliver(String id, byte[] message) {
    Open one = part(id).get(id);
    if (one != null) {
      one.receiver.accept(message);
    }
  }

  /** How many connections have one. */
  int size() {
    return open.stream().mapToInt(Map::size).sum();
  }

  /** Renews the next part of them. Called once a second, by one thread. */
  void turn() {
    List<Open> all = new ArrayList<>(open.get(part).values());
    part = (part + 1) % PARTS;
    all.stream()
        .collect(Collectors.groupingBy(one -> one.session.grace()))
        .forEach(
            (grace, alike) -> {
              for (int i = 0; i < alike.size(); i += MAX_IN_CALL) {
                renew(grace, alike.subList(i, Math.min(i + MAX_IN_CALL, alike.size())));
              }
            });
  }

  private void renew(Duration grace, List<Open> some) {
    List<String> all = new ArrayList<>(2 * some.size());
    for (Open one : some) {
      all.add(one.session.id());
      all.add(one.session.connection());
    }
    call("renew", grace.plus(RENEWAL), all)
        .thenAccept(
            taken -> {
              // The gateway that has them now could not be heard.
              for (Open one : some) {
                if (taken.contains(one.session.id())) {
                  replaced(one.session.id(), one.session.connection());
                }
              }
            });
  }

  /** The newest connection has the session. */
  private void take(String id, String connection) {
    String of = gatewayOf(connection);
    if (of.equals(gateway)) {
      replaced(id, connection);
    } else {
      publisher.publish(TAG + of, (id + "\n" + connection).getBytes(StandardCharsets.UTF_8));
    }
  }

  private void onTaken(byte[] message) {
    String[] parts = new String(message, StandardCharsets.UTF_8).split("\n", 2);
    if (parts.length == 2) {
      replaced(parts[0], parts[1]);
    }
  }

  private void replaced(String id, String connection) {
    Map<String, Open> all = part(id);
    Open one = all.get(id);
    if (one != null && one.session.connection().equals(connection) && all.remove(id, one)) {
      one.connection.endSoon(Disconnect.REPLACED);
    }
  }

  private Map<String, Open> part(String id) {
    return open.get(Math.floorMod(id.hashCode(), PARTS));
  }

  private CompletableFuture<List<Object>> call(String command, Duration kept, List<String> own) {
    Platform named = platform.get();
    if (named == null) {
      return CompletableFuture.failedFuture(new IllegalStateException("no platform yet"));
    }
    List<String> all = new ArrayList<>(own.size() + 2);
    all.add(command);
    all.add(Long.toString(kept.toMillis()));
    all.addAll(own);
    return script
        .call(named.prefix() + TAG, all)
        .whenComplete(
            (answer, failure) -> {
              if (failure != null) {
                LOG.debug("sessions are not kept: {}", failure.getMessage());
              }
            });
  }
}
