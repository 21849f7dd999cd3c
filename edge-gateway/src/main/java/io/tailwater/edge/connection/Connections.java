package io.tailwater.edge.connection;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Any thread: the connections of this gateway. */
public final class Connections {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  private final Map<String, Connection> byId = new ConcurrentHashMap<>();
  private final AtomicInteger admitted = new AtomicInteger();
  private final EdgeLoops loops;
  private final ConnectionConfiguration configuration;
  private final DrainConfiguration drain;
  private final Admission admission;
  private final Revocations revocations;
  private final ConnectionMetrics metrics;
  private final Supplier<? extends RandomGenerator> random;

  /**
   * @param random returns a generator that the calling thread may use
   */
  public Connections(
      EdgeLoops loops,
      ConnectionConfiguration configuration,
      DrainConfiguration drain,
      Admission admission,
      Revocations revocations,
      Supplier<? extends RandomGenerator> random,
      MeterRegistry meters) {
    this.loops = loops;
    this.configuration = configuration;
    this.drain = drain;
    this.admission = admission;
    this.revocations = revocations;
    this.random = random;
    this.metrics = new ConnectionMetrics(meters, admitted);
  }

  /**
   * Counts a connection in, before anything is done for it. {@link #release} or its end counts it
   * out.
   *
   * @throws RequestException {@code too_many_connections}
   */
  public Admission.Seat admit(Identity identity) {
    if (admitted.incrementAndGet() > configuration.maxConnections()) {
      admitted.decrementAndGet();
      throw new RequestException(
          ErrorCode.TOO_MANY_CONNECTIONS,
          "this gateway has its " + configuration.maxConnections() + " connections; try again");
    }
    try {
      return admission.connect(identity);
    } catch (RequestException e) {
      admitted.decrementAndGet();
      throw e;
    }
  }

  /** Counts a connection out that was admitted and never began. */
  void release(Admission.Seat seat) {
    seat.leave();
    admitted.decrementAndGet();
  }

  /**
   * Takes in a connection that was admitted. On its event loop.
   *
   * @param endsWithItsChannels whether it ends when all its channels have ended
   */
  public Connection begin(
      String id,
      Identity identity,
      Admission.Seat seat,
      Transport transport,
      EdgeLoop loop,
      boolean endsWithItsChannels) {
    assert loop.inLoop();
    Connection connection =
        new Connection(
            id,
            identity,
            seat,
            transport,
            loop,
            new Connection.Terms(
                endsWithItsChannels,
                maxHeartbeats(transport),
                maxStuckHeartbeats(transport),
                admission,
                metrics,
                () -> remove(id, transport)));
    byId.put(id, connection);
    loop.add(connection);
    metrics.began(transport);
    if (revocations.of(identity) != null) {
      // Revoked while its channels were being opened, when it was not found by endRevoked yet. Not
      // at once: it has not begun.
      loop.execute(() -> connection.end(Disconnect.REVOKED));
    }
    LOG.atDebug()
        .addKeyValue("connection", id)
        .addKeyValue("subject", identity.subject())
        .addKeyValue("address", identity.address())
        .addKeyValue("transport", transport.name())
        .log("connected");
    return connection;
  }

  private void remove(String id, Transport transport) {
    byId.remove(id);
    metrics.ended(transport);
    LOG.atDebug().addKeyValue("connection", id).log("disconnected");
    admitted.decrementAndGet();
  }

  /** The connection with this id, if it is on this gateway. */
  public Optional<Connection> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** The connections of a subject on this gateway. */
  public List<Connection> of(String subject) {
    return subject.isEmpty()
        ? List.of()
        : byId.values().stream().filter(connection -> connection.isOf(subject)).toList();
  }

  /** A connection id that no gateway has given before. */
  String newId() {
    return "c-" + HexFormat.of().toHexDigits(random.get().nextLong());
  }

  EdgeLoops loops() {
    return loops;
  }

  private int maxStuckHeartbeats(Transport transport) {
    return (int) Math.max(1, configuration.stuckLimit().toMillis() / heartbeatMs(transport));
  }

  private long heartbeatMs(Transport transport) {
    return Connection.heartbeatMs(transport, configuration.heartbeat().toMillis());
  }

  /** A little different for each, so that those who came together do not leave together. */
  private int maxHeartbeats(Transport transport) {
    if (drain.maxAge().isZero()) {
      return Integer.MAX_VALUE;
    }
    double share = random.get().nextDouble(0.9, 1.1);
    return (int) Math.max(1, share * drain.maxAge().toMillis() / heartbeatMs(transport));
  }

  /** Ends the connections whose tokens were taken back. Completes with how many, once they are. */
  public CompletableFuture<Integer> endRevoked() {
    Map<EdgeLoop, List<Connection>> byLoop =
        all().stream().collect(Collectors.groupingBy(Connection::loop));
    CompletableFuture<Integer> sum = CompletableFuture.completedFuture(0);
    for (Map.Entry<EdgeLoop, List<Connection>> each : byLoop.entrySet()) {
      CompletableFuture<Integer> ended = new CompletableFuture<>();
      each.getKey().execute(() -> ended.complete(endRevoked(each.getValue())));
      sum = sum.thenCombine(ended, Integer::sum);
    }
    return sum;
  }

  private int endRevoked(List<Connection> ofOneLoop) {
    int ended = 0;
    for (Connection connection : ofOneLoop) {
      if (!connection.closed() && revocations.of(connection.identity()) != null) {
        connection.end(Disconnect.REVOKED);
        ended++;
      }
    }
    metrics.revoked(ended);
    return ended;
  }

  /** All of them, in no order; connections come and go meanwhile. */
  Collection<Connection> all() {
    return byId.values();
  }

  /** How many are connected. */
  public int size() {
    return byId.size();
  }
}
