package io.tailwater.edge.socketio;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.List;

/**
 * Settings of Socket.IO, {@code tailwater.edge.socketio}. Immutable.
 *
 * @param pingInterval time between the answer to a ping and the next one
 * @param pingTimeout how long a client has to answer a ping
 * @param maxPayload most bytes of a message, and of the body of a request
 * @param upgradeWithin how long a WebSocket has to take the place of polls
 * @param connectWithin how long a client has to connect to a namespace
 * @param channels most rooms of a socket
 * @param sessions most sessions of Engine.IO on this gateway
 * @param recovery how long the rooms of a socket that was cut are kept for its client; 0 if they
 *     are not
 * @param namespaces namespaces of Socket.IO that have calls only, without the slash
 */
@ConfigurationProperties("tailwater.edge.socketio")
record SocketIoConfiguration(
    @Bindable(defaultValue = "25s") Duration pingInterval,
    @Bindable(defaultValue = "20s") Duration pingTimeout,
    @Bindable(defaultValue = "1000000") int maxPayload,
    @Bindable(defaultValue = "10s") Duration upgradeWithin,
    @Bindable(defaultValue = "45s") Duration connectWithin,
    @Bindable(defaultValue = "1000") int channels,
    @Bindable(defaultValue = "100000") int sessions,
    @Bindable(defaultValue = "10m") Duration recovery,
    @Bindable(defaultValue = "") List<String> namespaces) {
  /** Refuses values out of bounds. */
  SocketIoConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.socketio");
    bounds.between("ping-interval", pingInterval, Duration.ofMillis(50), Duration.ofMinutes(10));
    bounds.between("ping-timeout", pingTimeout, Duration.ofMillis(50), Duration.ofMinutes(10));
    bounds.between("max-payload", maxPayload, 1_024, 5_000_000);
    bounds.between("upgrade-within", upgradeWithin, Duration.ofMillis(50), Duration.ofMinutes(5));
    bounds.between("connect-within", connectWithin, Duration.ofMillis(50), Duration.ofMinutes(10));
    bounds.between("channels", channels, 1, 100_000);
    bounds.between("recovery", recovery, Duration.ZERO, Duration.ofDays(1));
    bounds.between("sessions", sessions, 1, 10_000_000);
    namespaces = namespaces.stream().map(String::strip).filter(name -> !name.isEmpty()).toList();
  }
}
