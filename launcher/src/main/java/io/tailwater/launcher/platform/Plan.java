package io.tailwater.launcher.platform;

import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a platform consists of: how many of each service, where each listens and how it is
 * configured.
 *
 * @param ports where everything listens
 * @param gateways how many edge-gateways
 * @param eventCores how many event-cores
 * @param processes whether each part is its own process
 * @param jwtKey the development key, base64url
 * @param configured what the configuration file says; it wins
 * @param data holds everything that outlives a start
 */
public record Plan(
    Ports ports,
    int gateways,
    int eventCores,
    boolean processes,
    String jwtKey,
    Map<String, Object> configured,
    DataDirectory data) {

  // Enough compilation for a service that does little per event, and quick to start.
  private static final List<String> LIGHT =
      List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx192m");
  private static final List<String> BUSY = List.of("-XX:+UseSerialGC", "-Xms64m", "-Xmx384m");

  /** The namespace of usage events. */
  private static final String USAGE = "ai-usage";

  public Plan {
    if (gateways < 1 || gateways > Ports.MOST_GATEWAYS) {
      throw new LaunchException(
          ExitStatus.USAGE, "--gateways is 1 to " + Ports.MOST_GATEWAYS + ".");
    }
    if (eventCores < 1 || eventCores > Ports.MOST_EVENT_CORES) {
      throw new LaunchException(
          ExitStatus.USAGE, "--event-cores is 1 to " + Ports.MOST_EVENT_CORES + ".");
    }
  }

  /** The event-cores: started after Kafka and Redis, before those who ask them. */
  List<ServiceSpec> eventCoreSpecs() {
    return numbered(eventCores).mapToObj(this::eventCore).toList();
  }

  /** Everything that asks event-cores. */
  List<ServiceSpec> edgeSpecs() {
    return Stream.concat(
            numbered(gateways).mapToObj(this::gateway), Stream.of(aiStreams(), backend()))
        .toList();
  }

  /** Where each service has its health and metrics, by its name. */
  public Map<String, Integer> healthPorts() {
    Map<String, Integer> healthPorts = new LinkedHashMap<>();
    Stream.concat(eventCoreSpecs().stream(), edgeSpecs().stream())
        .forEach(spec -> healthPorts.put(spec.name(), spec.healthPort()));
    return healthPorts;
  }

  /** Every port that a platform of this plan listens on, with what listens there. */
  public Map<Integer, String> listeners() {
    var listeners = new LinkedHashMap<Integer, String>();
    listeners.put(ports.balancer(), "the platform itself");
    numbered(gateways)
        .forEach(
            i -> {
              listeners.put(ports.gateway(i), gatewayName(i));
              listeners.put(ports.management(i), gatewayName(i));
            });
    listeners.put(ports.kafka(), "kafka");
    listeners.put(ports.redis(), "redis");
    numbered(eventCores)
        .forEach(
            i -> {
              listeners.put(ports.eventCore(i), "event-core-" + i);
              listeners.put(ports.eventCore(i) + 1, "event-core-" + i);
            });
    listeners.put(ports.aiStreams(), "ai-stream-service");
    listeners.put(ports.aiStreams() + 1, "ai-stream-service");
    listeners.put(ports.backend(), "grpc-backend");
    listeners.put(ports.backend() + 1, "grpc-backend");
    return listeners;
  }

  private ServiceSpec eventCore(int index) {
    String name = "event-core-" + index;
    int grpc = ports.eventCore(index);
    Map<String, Object> properties = common(name);
    properties.put("grpc.server.host", "127.0.0.1");
    properties.put("grpc.server.port", grpc);
    properties.put("micronaut.server.port", grpc + 1);
    properties.put("tailwater.core.data", data.of(name).toString());
    properties.put("tailwater.namespaces.demo.anonymous-subscribe", true);
    properties.put("tailwater.namespaces.demo.anonymous-publish", true);
    properties.put("tailwater.namespaces.chat.topic", "chat");
    properties.put("tailwater.namespaces.chat.state", "map");
    properties.put("tailwater.namespaces.chat.presence", "members");
    properties.put("tailwater.namespaces.typing.ephemeral", true);
    properties.put("tailwater.namespaces.typing.anonymous-subscribe", true);
    properties.put("tailwater.namespaces.typing.anonymous-publish", true);
    properties.put("tailwater.namespaces.user.own-subscribe", true);
    properties.put("tailwater.namespaces.all.token-subscribe", true);
    // Publishing to `ai` stays the platform's; this is who may create and watch its streams.
    properties.put("tailwater.namespaces.ai.platform-only", true);
    properties.put("tailwater.namespaces.ai.anonymous-subscribe", true);
    properties.put("tailwater.namespaces.ai.anonymous-publish", true);
    properties.put("tailwater.namespaces." + USAGE + ".platform-only", true);
    properties.put("tailwater.namespaces." + USAGE + ".own-subscribe", true);
    properties.put("tailwater.namespaces." + USAGE + ".retention", "90d");
    properties.putAll(configured);
    return new ServiceSpec(
        name, Service.EVENT_CORE, properties, "127.0.0.1:" + grpc, grpc + 1, BUSY);
  }

  /** The name of a gateway, from 1. */
  public static String gatewayName(int index) {
    return "edge-gateway-" + index;
  }

  private ServiceSpec gateway(int index) {
    String name = gatewayName(index);
    int port = ports.gateway(index);
    Map<String, Object> properties = common(name);
    properties.put("micronaut.server.port", port);
    properties.put("endpoints.all.port", ports.management(index));
    // The other services' gRPC server is on this class path too, and its health indicator would
    // look for it.
    properties.put("grpc.server.health.enabled", false);
    properties.put("tailwater.edge.event-cores", eventCoreAddresses());
    properties.put("tailwater.edge.ai-streams", List.of("127.0.0.1:" + ports.aiStreams()));
    properties.put("tailwater.edge.backends", List.of("127.0.0.1:" + ports.backend()));
    properties.put("tailwater.edge.jwt-key", jwtKey);
    // A page of one's own, also one opened as a file, reads what is open to everyone; no cookie
    // goes with it.
    properties.put("tailwater.edge.origins", "*");
    properties.put("tailwater.edge.dev", true);
    // One gateway's process can be killed and comes back; one of several in this JVM can't.
    properties.put("tailwater.edge.dev-kill", processes);
    // Far more than one machine's own clients need; everything here has the same address.
    properties.put("tailwater.edge.limits.connections-per-subject", 2_000);
    properties.put("tailwater.edge.limits.publishes-per-second-per-subject", 2_000);
    properties.put("tailwater.edge.limits.publishes-per-second-per-address", 5_000);
    properties.putAll(configured);
    return new ServiceSpec(
        name,
        Service.EDGE_GATEWAY,
        properties,
        "http://127.0.0.1:" + port,
        ports.management(index),
        BUSY);
  }

  private ServiceSpec aiStreams() {
    return small(
        "ai-stream-service",
        Service.AI_STREAM_SERVICE,
        "tailwater.ai",
        ports.aiStreams(),
        Map.of("tailwater.ai.usage-namespace", USAGE));
  }

  private ServiceSpec backend() {
    return small(
        "grpc-backend", Service.GRPC_BACKEND, "tailwater.backend", ports.backend(), Map.of());
  }

  /** A service of one instance that asks event-cores. */
  private ServiceSpec small(
      String name, Service service, String root, int grpc, Map<String, Object> own) {
    Map<String, Object> properties = common(name);
    properties.put("grpc.server.host", "127.0.0.1");
    properties.put("grpc.server.port", grpc);
    properties.put("micronaut.server.port", grpc + 1);
    properties.put(root + ".event-cores", eventCoreAddresses());
    properties.putAll(own);
    properties.putAll(configured);
    return new ServiceSpec(name, service, properties, "127.0.0.1:" + grpc, grpc + 1, LIGHT);
  }

  private Map<String, Object> common(String instance) {
    var properties = new HashMap<String, Object>();
    properties.put("tailwater.instance", instance);
    properties.put("micronaut.server.host", "127.0.0.1");
    properties.put("kafka.bootstrap.servers", "127.0.0.1:" + ports.kafka());
    properties.put("redis.uri", "redis://127.0.0.1:" + ports.redis());
    return properties;
  }

  private List<String> eventCoreAddresses() {
    return numbered(eventCores).mapToObj(i -> "127.0.0.1:" + ports.eventCore(i)).toList();
  }

  private static IntStream numbered(int count) {
    return IntStream.rangeClosed(1, count);
  }
}
