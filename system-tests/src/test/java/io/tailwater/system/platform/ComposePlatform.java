package io.tailwater.system.platform;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The platform as compose.yaml runs it, reached through its nginx. Only the ports, the key, the
 * namespaces and the limits are the test's, and Kafka can be read from here.
 */
public final class ComposePlatform implements Platform, ExtensionContext.Store.CloseableResource {
  /** Every container, in the order of their dependence. */
  public static final List<String> SERVICES =
      List.of(
          "kafka",
          "redis",
          "event-core-1",
          "event-core-2",
          "ai-stream-service",
          "grpc-backend",
          "edge-gateway-1",
          "edge-gateway-2",
          "nginx");

  private static final List<String> BUILT =
      List.of("event-core-1", "ai-stream-service", "grpc-backend", "edge-gateway-1");

  private final int port = FreePort.choose();
  private final int kafkaPort = FreePort.choose();
  private final Compose compose =
      new Compose(
          "tailwater-proof",
          List.of("docker/proof.yaml"),
          Map.of(
              "TAILWATER_PORT",
              "127.0.0.1:" + port,
              "TAILWATER_JWT_KEY",
              Tokens.KEY,
              "TAILWATER_NAMESPACES",
              namespaces(),
              "TAILWATER_LIMITS",
              "./nginx/limits-off.conf",
              "PROOF_KAFKA_PORT",
              Integer.toString(kafkaPort)));
  private final List<String> readers = new ArrayList<>();

  ComposePlatform() {
    if (!Docker.isBuilt()) {
      // One after another: an engine without BuildKit would do what they share for each.
      BUILT.forEach(service -> compose.run(Docker.BUILD_LIMIT, "build", service));
    }
    long begun = System.nanoTime();
    compose.run(Docker.LIMIT, "up", "-d");
    SERVICES.forEach(compose::awaitHealthy);
    System.out.printf(
        "compose: from up to ready %.1f s%n", (System.nanoTime() - begun) / 1_000_000_000.0);
    System.out.println(memory());
  }

  /**
   * Those of every platform of these tests, as compose's one line of JSON; with {@code ai} as open
   * as {@code .env} has it, for the demo page.
   */
  private static String namespaces() {
    Map<String, Map<String, Object>> all = new TreeMap<>();
    Namespaces.properties()
        .forEach(
            (key, value) -> {
              String[] parts = key.substring("tailwater.namespaces.".length()).split("\\.", 2);
              all.computeIfAbsent(parts[0], name -> new TreeMap<>()).put(parts[1], value);
            });
    Map<String, Object> ai = Objects.requireNonNull(all.get(Namespaces.AI));
    ai.put("anonymous-subscribe", true);
    ai.put("anonymous-publish", true);
    return Json.write(all);
  }

  /** Kills a container as if its machine were gone. */
  public void kill(String service) {
    Docker.docker("kill", compose.container(service));
  }

  /** Starts it again, and returns when it is ready. */
  public void start(String service) {
    // Docker does not start what was killed by hand by itself; kill -9 from within it would.
    Docker.docker("start", compose.container(service));
    compose.awaitHealthy(service);
  }

  /**
   * A client with an address of its own in the platform's network, which reads an event stream from
   * nginx. Its container's id.
   */
  public String reader(String pathAndQuery, String header) {
    String image = Docker.docker("inspect", "-f", "{{.Config.Image}}", compose.container("nginx"));
    String url = "http://nginx:8080" + pathAndQuery;
    String id =
        Docker.docker(
            "run",
            "-d",
            "--network",
            compose.network(),
            "--entrypoint",
            "curl",
            image,
            "-sN",
            "-H",
            header,
            url);
    readers.add(id);
    return id;
  }

  /** Takes the network of a {@link #reader} away. Neither side is told. */
  public void unplug(String reader) {
    Docker.docker("network", "disconnect", "-f", compose.network(), reader);
  }

  private String memory() {
    return Docker.docker(
            Stream.concat(
                    Stream.of("stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"),
                    SERVICES.stream().map(compose::container))
                .toArray(String[]::new))
        .lines()
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  /** What a container has written. */
  public String log(String service) {
    return compose.run(Docker.LIMIT, "logs", "--no-color", service);
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** The one address that there is: nginx's. */
  @Override
  public List<URI> gateways() {
    return List.of(address());
  }

  @Override
  public String bootstrapServers() {
    return "127.0.0.1:" + kafkaPort;
  }

  @Override
  public void close() {
    readers.forEach(reader -> Docker.docker("rm", "-f", reader));
    compose.remove();
  }
}
