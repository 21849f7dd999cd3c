package io.tailwater.edge.connection;

import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.contract.ErrorCode;
import io.tailwater.contract.RequestException;
import io.tailwater.edge.access.Identity;
import io.tailwater.edge.limits.Admission;
import io.tailwater.edge.loop.EdgeLoop;
import io.tailwater.edge.loop.EdgeLoops;
import java.util.Collection;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The clients that are connected to this gateway. Any thread. */
public final class Connections {
  private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

  private final Map<String, Connection> byId = new ConcurrentHashMap<>();
  private final AtomicInteger admitted = new AtomicInteger();
  private final EdgeLoops loops;
  private final ConnectionConfiguration configuration;
  private final DrainConfiguration drain;
  private final Admission admission;
  private final ConnectionMetrics meters;

  public Connections(
      EdgeLoops loops,
      ConnectionConfiguration configuration,
      DrainConfiguration drain,
      Admission admission,
      MeterRegistry meters) {
    this.loops = loops;
    this.configuration = configuration;
    this.drain = drain;
    this.admission = admission;
    this.meters = new ConnectionMetrics(meters, admitted);
  }

  /**
   * Counts a connection in, before anything is done for it; {@link #release} or the end of its
   * session counts it out.
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

  /** Counts a connection out that got no session. */
  void release(Admission.Seat seat) {
    seat.leave();
    admitted.decrementAndGet();
  }

  /** A session of a connection that was admitted; on its event loop. */
  public Connection begin(
      String id, Identity identity, Admission.Seat seat, Transport transport, EdgeLoop loop) {
    Connection session = new Connection(id, identity, seat, transport, loop, this);
    byId.put(id, session);
    loop.add(session);
    meters.began(transport);
    LOG.atDebug()
        .addKeyValue("connection", id)
        .addKeyValue("subject", identity.subject())
        .addKeyValue("address", identity.address())
        .addKeyValue("transport", ConnectionMetrics.name(transport))
        .log("connected");
    return session;
  }

  void remove(Connection session) {
    byId.remove(session.id());
    meters.ended(session.transport());
    LOG.atDebug().addKeyValue("connection", session.id()).log("disconnected");
    admitted.decrementAndGet();
  }

  /** The session of a connection, if it is on this gateway. */
  public Optional<Connection> find(String id) {
    return Optional.ofNullable(byId.get(id));
  }

  /** A connection id that no other gateway gives. */
  String newId() {
    return "c-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
  }

  Admission admission() {
    return admission;
  }

  EdgeLoops loops() {
    return loops;
  }

  /** How many heartbeats in a row a connection may take nothing. */
  int stuckHeartbeats(Transport transport) {
    return (int) Math.max(1, configuration.stuckLimit().toMillis() / heartbeatMs(transport));
  }

  private long heartbeatMs(Transport transport) {
    return transport.heartbeatMs(configuration.heartbeat().toMillis());
  }

  /**
   * After how many heartbeats a new session has to leave: a little different for each, so that
   * those who came together do not leave together.
   */
  int mostHeartbeats(Transport transport) {
    if (drain.maxAge().isZero()) {
      return Integer.MAX_VALUE;
    }
    double share = ThreadLocalRandom.current().nextDouble(0.9, 1.1);
    return (int) Math.max(1, share * drain.maxAge().toMillis() / heartbeatMs(transport));
  }

  /** What is counted of them. */
  ConnectionMetrics meters() {
    return meters;
  }

  /** All of them, in no order; they come and go meanwhile. */
  Collection<Connection> all() {
    return byId.values();
  }

  /** How many are connected. */
  public int size() {
    return byId.size();
  }
}
