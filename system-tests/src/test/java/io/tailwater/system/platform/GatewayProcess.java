package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One gateway in a process of its own, beside a platform, so that its memory can be looked at. Its
 * heap is whole from the start: what its resident memory grows by is not the heap.
 */
public final class GatewayProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofMinutes(4);

  private final Process process;
  private final int port;
  private final int management = FreePort.choose();

  public GatewayProcess(InProcessPlatform platform) {
    this(platform, FreePort.choose(), "edge-gateway-alone");
  }

  /**
   * @param properties more settings, each {@code -Dname=value}
   */
  public GatewayProcess(InProcessPlatform platform, int port, String name, String... properties) {
    this.port = port;
    try {
      process =
          new ProcessBuilder(command(platform, name, properties))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      throw new IllegalStateException("the gateway can't be started", e);
    }
    await("the gateway is ready")
        .atMost(START_LIMIT)
        .until(() -> InProcessPlatform.answers(address(), "demo:start"));
  }

  private List<String> command(InProcessPlatform platform, String name, String... properties) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of("--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"));
    command.addAll(List.of("-XX:+UseSerialGC", "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch"));
    command.add("-Dmicronaut.server.port=" + port);
    command.add("-Dendpoints.all.port=" + management);
    command.add("-Dmicronaut.server.host=127.0.0.1");
    command.add("-Dtailwater.instance=" + name);
    command.add("-Dtailwater.edge.event-cores=" + String.join(",", platform.eventCoreAddresses()));
    command.add("-Dtailwater.edge.jwt-key=" + Tokens.KEY);
    command.add("-Dredis.uri=" + platform.redis().uri());
    command.addAll(List.of(properties));
    command.addAll(List.of("-cp", LaunchedPlatform.classPath(), "io.tailwater.edge.EdgeGateway"));
    return command;
  }

  public URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** The id of its process. */
  public long pid() {
    return process.pid();
  }

  /** Where it answers for health and metrics. */
  public URI management() {
    return URI.create("http://127.0.0.1:" + management);
  }

  /** Resident memory, KiB. */
  public long residentKib() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new IOException("no VmRSS"));
  }

  /** The CPU time that it has used, nanoseconds. */
  public long cpuNanos() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO).toNanos();
  }

  /** The CPU time that it has used, of which its operating system knows. */
  public Duration cpu() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Sends it a signal by its name, such as {@code STOP}, {@code CONT} or {@code KILL}. */
  public void signal(String name) throws IOException, InterruptedException {
    int code =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
            .inheritIO()
            .start()
            .waitFor();
    if (code != 0) {
      throw new IllegalStateException("no process to send " + name);
    }
  }

  /** SIGTERM. */
  public void tellToStop() {
    process.destroy();
  }

  /** Waits until it has stopped. */
  public void awaitEnd() throws InterruptedException {
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the gateway did not stop");
    }
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
