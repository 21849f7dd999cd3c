package io.tailwater.edge.dev;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Requires;
import io.micronaut.context.annotation.Value;
import io.tailwater.edge.EdgeConfiguration;
import io.tailwater.edge.Sessions;
import io.tailwater.edge.Transport.Farewell;
import jakarta.annotation.PreDestroy;
import java.util.concurrent.CompletionStage;

/** Passes the fault buttons on to every gateway, since any may receive the call. */
@Context
@Requires(property = "tailwater.edge.dev", value = "true")
final class DevCommands {
  private static final String CHANNEL = "tw-dev";
  private static final int EXIT_AS_KILLED = 137;

  private final Sessions sessions;
  private final String gateway;
  private final boolean mayKill;
  private final CompletionStage<StatefulRedisPubSubConnection<String, String>> listening;
  private final CompletionStage<StatefulRedisPubSubConnection<String, String>> sending;

  DevCommands(
      Sessions sessions,
      RedisClient redis,
      EdgeConfiguration configuration,
      @Value("${redis.uri}") String uri,
      @Value("${tailwater.instance}") String gateway) {
    this.sessions = sessions;
    this.gateway = gateway;
    this.mayKill = configuration.devKill();
    this.listening = connect(redis, uri);
    this.sending = connect(redis, uri);
    listening.thenAccept(
        connection -> {
          connection.addListener(
              new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                  obey(message);
                }
              });
          connection.async().subscribe(CHANNEL);
        });
  }

  private static CompletionStage<StatefulRedisPubSubConnection<String, String>> connect(
      RedisClient redis, String uri) {
    return redis.connectPubSubAsync(StringCodec.UTF8, RedisURI.create(uri));
  }

  void cut(String connection) {
    if (sessions.find(connection).isPresent()) {
      obey("cut " + connection);
    } else {
      tellAll("cut " + connection);
    }
  }

  void kill(String name) {
    tellAll("kill " + name);
  }

  private void tellAll(String command) {
    sending.thenAccept(connection -> connection.async().publish(CHANNEL, command));
  }

  private void obey(String command) {
    String[] words = command.split(" ", 2);
    switch (words[0]) {
      case "cut" -> sessions.find(words[1]).ifPresent(session -> session.endSoon(Farewell.RESET));
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

  @PreDestroy
  void close() {
    listening.thenAccept(StatefulRedisPubSubConnection::close);
    sending.thenAccept(StatefulRedisPubSubConnection::close);
  }
}
