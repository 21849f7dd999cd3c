package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import io.tailwater.system.Json;
import io.tailwater.system.Repository;
import io.tailwater.system.Tools;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
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

  private static final Duration BUILD_LIMIT = Duration.ofMinutes(20);
  private static final Duration START_LIMIT = Duration.ofMinutes(4);
  private static final Duration STOP_LIMIT = Duration.ofMinutes(2);

  private final int port = FreePort.choose();
  private final int kafkaPort = FreePort.choose();
  private final List<String> compose = command();

  ComposePlatform() {
    if (!Boolean.getBoolean("tailwater.compose.built")) {
      // One after another: an engine without BuildKit would do what they share for each.
      BUILT.forEach(service -> run(BUILD_LIMIT, "build", service));
    }
    long begun = System.nanoTime();
    run(START_LIMIT, "up", "-d");
    SERVICES.forEach(this::awaitHealthy);
    System.out.printf(
        "compose: from up to ready %.1f s%n", (System.nanoTime() - begun) / 1_000_000_000.0);
    System.out.println(memory());
  }

  /** Whether there is an engine, and a compose, that answer. */
  public static boolean isPossible() {
    return Tools.succeeds("docker", "info") && !command().isEmpty();
  }

  private static List<String> command() {
    return Stream.of(List.of("docker", "compose"), List.of("docker-compose"))
        .filter(
            one ->
                Tools.succeeds(
                    Stream.concat(one.stream(), Stream.of("version")).toArray(String[]::new)))
        .findFirst()
        .orElse(List.of());
  }

  private String run(Duration limit, String... arguments) {
    List<String> whole = new ArrayList<>(compose);
    whole.addAll(List.of("-p", "tailwater-proof", "-f", "compose.yaml", "-f", "docker/proof.yaml"));
    whole.addAll(List.of(arguments));
    return execute(limit, whole);
  }

  private String execute(Duration limit, List<String> command) {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(Repository.path(".").toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT);
    builder
        .environment()
        .putAll(
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
    try {
      Process process = builder.start();
      String output =
          new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS) || process.exitValue() != 0) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", command) + " failed: " + output);
      }
      return output;
    } catch (IOException e) {
      throw new IllegalStateException(String.join(" ", command), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  /**
   * Those of every platform of these tests, as compose's one line of JSON; with {@code ai} as open
   * as {@code .env} has it, for the demo page.
   */
  private static String namespaces() {
    Map<String, Map<String, Object>> all = new java.util.TreeMap<>();
    Namespaces.properties()
        .forEach(
            (key, value) -> {
              String[] parts = key.substring("tailwater.namespaces.".length()).split("\\.", 2);
              all.computeIfAbsent(parts[0], name -> new java.util.TreeMap<>()).put(parts[1], value);
            });
    Map<String, Object> ai = Objects.requireNonNull(all.get(Namespaces.AI));
    ai.put("anonymous-subscribe", true);
    ai.put("anonymous-publish", true);
    return Json.write(all);
  }

  private String container(String service) {
    return run(START_LIMIT, "ps", "-a", "-q", service);
  }

  /** Kills a container as if its machine were gone. */
  public void kill(String service) {
    execute(STOP_LIMIT, List.of("docker", "kill", container(service)));
  }

  /** Starts it again, and returns when it is ready. */
  public void start(String service) {
    // Docker does not start what was killed by hand by itself; kill -9 from within it would.
    execute(START_LIMIT, List.of("docker", "start", container(service)));
    awaitHealthy(service);
  }

  private void awaitHealthy(String service) {
    await(service + " is healthy")
        .atMost(START_LIMIT)
        .pollInterval(Duration.ofMillis(500))
        .until(
            () ->
                execute(
                        STOP_LIMIT,
                        List.of(
                            "docker",
                            "inspect",
                            "-f",
                            "{{.State.Health.Status}}",
                            container(service)))
                    .equals("healthy"));
  }

  private String memory() {
    List<String> command =
        new ArrayList<>(
            List.of("docker", "stats", "--no-stream", "--format", "{{.Name}} {{.MemUsage}}"));
    SERVICES.forEach(service -> command.add(container(service)));
    return execute(STOP_LIMIT, command).lines().sorted().collect(Collectors.joining("\n"));
  }

  /** What a container has written. */
  public String log(String service) {
    return run(STOP_LIMIT, "logs", "--no-color", service);
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
    run(STOP_LIMIT, "down", "-v", "--timeout", "20");
  }
}
