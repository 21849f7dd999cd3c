package io.tailwater.core;

import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.FreePort;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A Kafka broker in a process of its own, which a test can kill with -9 and start again. */
final class KafkaProcess implements AutoCloseable {
  private final Path data;
  private final int port = FreePort.choose();
  private @Nullable Process process;

  KafkaProcess(Path data) {
    this.data = data;
  }

  String bootstrap() {
    return "127.0.0.1:" + port;
  }

  KafkaProcess start() throws IOException {
    Process started =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx256m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-cp",
                    System.getProperty("java.class.path"),
                    EmbeddedKafka.class.getName(),
                    "--data",
                    data.toString(),
                    "--port",
                    Integer.toString(port),
                    "--exit-at-end-of-input"))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    process = started;
    BufferedReader output = started.inputReader();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.contains("kafka is ready")) {
        Thread.ofPlatform().daemon().start(() -> output.lines().forEach(ignored -> {}));
        return this;
      }
    }
    throw new IOException("Kafka did not start");
  }

  void kill() throws InterruptedException {
    if (process != null) {
      process.destroyForcibly().waitFor();
    }
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
