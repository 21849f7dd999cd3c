package io.tailwater.core;

import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.ApplicationContext;
import io.micronaut.grpc.server.GrpcEmbeddedServer;
import io.micronaut.runtime.server.EmbeddedServer;
import io.tailwater.contract.Platform;
import io.tailwater.contract.v1.Head;
import io.tailwater.contract.v1.HeadsRequest;
import io.tailwater.core.faults.BroadcastFaults;
import io.tailwater.core.faults.FoldGate;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Starts event-cores in this JVM, each as a service of its own. */
final class Cores {
  static final Platform PLATFORM = new Platform("cores");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private Cores() {}

  /** One running instance. */
  record Running(ApplicationContext context, CoreClient client) implements AutoCloseable {
    Core core() {
      return context.getBean(Core.class);
    }

    FoldGate gate() {
      return context.getBean(FoldGate.class);
    }

    BroadcastFaults broadcastFaults() {
      return context.getBean(BroadcastFaults.class);
    }

    int httpPort() {
      return context.getBean(EmbeddedServer.class).getPort();
    }

    double gauge(String name) {
      return context.getBean(MeterRegistry.class).get(name).gauge().value();
    }

    Running ready() {
      await().atMost(PATIENCE).until(() -> core().readiness().isReady());
      return this;
    }

    /** The head of a partition as a gateway is told. */
    Head head(String namespace, int partition) {
      return client.calls().heads(HeadsRequest.getDefaultInstance()).getHeadsList().stream()
          .filter(head -> head.getNamespace().equals(namespace))
          .filter(head -> head.getPartition() == partition)
          .findFirst()
          .orElseThrow();
    }

    @Override
    public void close() {
      client.close();
      context.close();
    }
  }

  /** Starts an instance with one namespace on the shared servers, and a group of its own. */
  static Running start(Servers servers, String namespace, Map<String, Object> rules) {
    return start(servers, namespace, rules, servers.directory("core"), "event-core-1");
  }

  /** Starts an instance with one namespace on the shared servers. */
  static Running start(
      Servers servers, String namespace, Map<String, Object> rules, Path data, String instance) {
    Map<String, Object> more = new HashMap<>();
    more.put("tailwater.core.broadcast-group", "broadcast-" + namespace);
    more.put("tailwater.namespaces." + namespace + ".partitions", 2);
    rules.forEach(
        (key, value) ->
            more.put(
                key.startsWith("tailwater.")
                    ? key
                    : "tailwater.namespaces." + namespace + "." + key,
                value));
    return start(properties(instance, servers.bootstrap(), servers.redis(), data, more));
  }

  /** Two instances of a namespace, side by side and ready. */
  record Pair(Running one, Running two) implements AutoCloseable {
    @Override
    public void close() {
      one.close();
      two.close();
    }
  }

  /** Starts two instances with one namespace on the shared servers. */
  static Pair pair(Servers servers, String namespace, Map<String, Object> rules) {
    Running one =
        start(servers, namespace, rules, servers.directory("core"), "event-core-1").ready();
    try {
      return new Pair(
          one, start(servers, namespace, rules, servers.directory("core"), "event-core-2").ready());
    } catch (RuntimeException e) {
      one.close();
      throw e;
    }
  }

  /** Configuration with free ports; {@code more} is above it. */
  static Map<String, Object> properties(
      String instance, String kafka, String redis, Path data, Map<String, Object> more) {
    Map<String, Object> properties = new HashMap<>();
    properties.put("tailwater.instance", instance);
    properties.put("tailwater.core.platform", PLATFORM.name());
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
