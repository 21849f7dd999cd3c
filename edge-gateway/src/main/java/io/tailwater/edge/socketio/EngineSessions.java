package io.tailwater.edge.socketio;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.tailwater.edge.loop.EdgeLoop;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The Engine.IO sessions of this gateway, at most as many as configured. Any thread. */
final class EngineSessions {
  private final Map<String, EngineSession> byId = new ConcurrentHashMap<>();
  private final SocketIoConfiguration configuration;
  private final String gateway;
  private final Supplier<String> random;

  /**
   * @param gateway the name of this gateway, with which ids begin
   * @param random returns letters and digits that nobody can guess
   */
  EngineSessions(
      SocketIoConfiguration configuration,
      String gateway,
      Supplier<String> random,
      MeterRegistry meters) {
    this.configuration = configuration;
    this.gateway = gateway;
    this.random = random;
    Gauge.builder("tailwater.edge.socketio.sessions", byId, Map::size)
        .description("sessions of Engine.IO")
        .register(meters);
  }

  /** Whether there is room for another one. */
  boolean full() {
    return byId.size() >= configuration.sessions();
  }

  /** A new session; a leg of polls is a {@link PollLeg}. */
  EngineSession open(EdgeLoop loop, Leg leg) {
    EngineSession session =
        new EngineSession(
            gateway + "." + random.get(),
            loop,
            leg,
            leg instanceof PollLeg polls ? polls : null,
            configuration,
            over -> byId.remove(over.sid()));
    byId.put(session.sid(), session);
    return session;
  }

  /** The name of the gateway that has the session with this id; empty if the id is not one. */
  static String gatewayOf(String sid) {
    return sid.substring(0, Math.max(0, sid.lastIndexOf('.')));
  }

  /** The session with this id; null if this gateway has none. */
  @Nullable EngineSession find(String sid) {
    return byId.get(sid);
  }
}
