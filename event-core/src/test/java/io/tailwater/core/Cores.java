package io.tailwater.core;

import static org.awaitility.Awaitility.await;

import io.micronaut.context.ApplicationContext;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.server.EmbeddedServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Starts event-cores in this JVM, each as a service of its own. */
final class Cores {
  private Cores() {}

  /** One running instance. */
  record Running(ApplicationContext context, CoreClient client) implements AutoCloseable {
    Core core() {
      return context.getBean(Core.class);
    }

    int httpPort() {
      return context.getBean(EmbeddedServer.class).getPort();
    }

    Running ready() {
      await().atMost(Duration.ofSeconds(30)).until(() -> core().readiness().isReady());
      return this;
    }

    @Override
    public void close() {
      client.close();
      context.close();
    }
  }

  /** Configuration with free ports and short waits; {@code more} is above it. */
  static Map<String, Object> properties(
      String instance, String kafka, String redis, Path data, Map<String, Object> more) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("tailwater.instance", instance);
    properties.put("tailwater.core.data", data.toString());
    properties.put("kafka.bootstrap.servers", kafka);
    properties.put("redis.uri", redis);
    properties.put("grpc.server.port", -1);
    properties.put("micronaut.server.port", -1);
    properties.putAll(more);
    return properties;
  }

  static Running start(Map<String, Object> properties) {
    ApplicationContext context = EventCore.start(properties);
    return new Running(
        context, new CoreClient(context.getBean(GrpcEmbeddedServer.class).getPort()));
  }
}
