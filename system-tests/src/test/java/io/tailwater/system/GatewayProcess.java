package io.tailwater.system;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * One gateway in a process of its own, beside a platform, so that its memory can be looked at. Its
 * heap is whole from the start: what its resident memory grows by is not the heap.
 */
final class GatewayProcess implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  private final Process process;
  private final int port;

  GatewayProcess(InProcessPlatform platform) {
    this(platform, FreePort.choose(), "edge-gateway-alone");
  }

  GatewayProcess(InProcessPlatform platform, int port, String name) {
    this.port = port;
    try {
      process =
          new ProcessBuilder(
                  List.of(
                      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                      "--enable-native-access=ALL-UNNAMED",
                      "--sun-misc-unsafe-memory-access=allow",
                      "-XX:+UseSerialGC",
                      "-Xms256m",
                      "-Xmx256m",
                      "-XX:+AlwaysPreTouch",
                      "-Dmicronaut.server.port=" + port,
                      "-Dmicronaut.server.host=127.0.0.1",
                      "-Dtailwater.instance=" + name,
                      "-Dtailwater.edge.event-cores="
                          + String.join(",", platform.eventCoreAddresses()),
                      "-Dtailwater.edge.jwt-key=" + Tokens.KEY,
                      "-Dredis.uri=" + platform.redis().uri(),
                      "-cp",
                      LaunchedPlatform.classPath(),
                      "io.tailwater.edge.EdgeGateway"))
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

  URI address() {
    return URI.create("http://127.0.0.1:" + port);
  }

  /** Resident memory, KiB. */
  long residentKib() throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .map(line -> line.replaceAll("[^0-9]", ""))
        .mapToLong(Long::parseLong)
        .findFirst()
        .orElseThrow(() -> new IOException("no VmRSS"));
  }

  /** Tells it to stop, in order; returns when it has. */
  void drain() throws InterruptedException {
    process.destroy();
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
