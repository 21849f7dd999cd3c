package io.tailwater.edge.dev;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.tailwater.edge.EdgeConfiguration;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.connection.Disconnect;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;
import java.nio.charset.StandardCharsets;

/** Passes the fault buttons on to every gateway, since any may receive the call. */
@Context
@Requires(property = "tailwater.edge.dev", value = "true")
final class DevCommands {
  private static final String CHANNEL = "dev";
  private static final int EXIT_AS_KILLED = 137;

  private final Connections connections;
  private final String gateway;
  private final boolean mayKill;
  private final RedisPublisher publisher;

  DevCommands(
      Connections connections,
      RedisPublisher publisher,
      RedisListener listener,
      EdgeConfiguration configuration,
      @Value("${tailwater.instance}") String gateway) {
    this.connections = connections;
    this.gateway = gateway;
    this.mayKill = configuration.devKill();
    this.publisher = publisher;
    listener.subscribe(
        CHANNEL, message -> obey(new String(message, StandardCharsets.UTF_8)), () -> {});
  }

  void cut(String connection) {
    if (connections.find(connection).isPresent()) {
      obey("cut " + connection);
    } else {
      tellAll("cut " + connection);
    }
  }

  void kill(String name) {
    tellAll("kill " + name);
  }

  private void tellAll(String command) {
    publisher.publish(CHANNEL, command.getBytes(StandardCharsets.UTF_8));
  }

  private void obey(String command) {
    String[] words = command.split(" ", 2);
    switch (words[0]) {
      case "cut" -> connections.find(words[1]).ifPresent(open -> open.endSoon(Disconnect.RESET));
      case "kill" -> {
        if (mayKill && words[1].equals(gateway)) {
          Runtime.getRuntime().halt(EXIT_AS_KILLED);
        }
      }
      default -> {
        // of a later version
      }
    }
  }
}
