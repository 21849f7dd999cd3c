package io.tailwater.ai;

import static org.awaitility.Awaitility.await;

import io.tailwater.client.ServiceChannel;
import io.tailwater.contract.v1.AiStreamsGrpc;
import io.tailwater.contract.v1.CreateStreamRequest;
import io.tailwater.contract.v1.StreamState;
import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** An ai-stream-service in a process of its own, to be killed and frozen. */
final class AiProcess implements AutoCloseable {
  private final Process process;
  private final ServiceChannel channel;

  AiProcess(String eventCore, String redis, Map<String, String> environment) {
    int port = FreePort.choose();
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            AiStreamService.class.getName());
    builder.environment().put("GRPC_SERVER_PORT", Integer.toString(port));
    builder.environment().put("MICRONAUT_SERVER_PORT", "-1");
    builder.environment().put("REDIS_URI", redis);
    builder.environment().put("TAILWATER_AI_EVENT_CORES", eventCore);
    builder.environment().putAll(environment);
    try {
      process =
          builder
              .redirectErrorStream(true)
              .redirectOutput(Path.of("target", "ai-stream-service-" + port + ".log").toFile())
              .start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    channel =
        ServiceChannel.open(List.of("127.0.0.1:" + port), AiStreamsGrpc.getServiceDescriptor());
  }

  /** Waits until it answers, if it has just started. */
  StreamState create(CreateStreamRequest request) {
    return await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptions()
        .until(() -> AiStreamsGrpc.newBlockingStub(channel).create(request), state -> true);
  }

  /** Kill -9. */
  void kill() {
    process.destroyForcibly();
  }

  /** SIGTERM. */
  void terminate() {
    process.destroy();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends a signal by its name. */
  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start().waitFor();
  }

  @Override
  public void close() {
    channel.close();
    process.destroyForcibly();
  }
}
