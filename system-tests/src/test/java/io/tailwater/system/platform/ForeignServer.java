package io.tailwater.system.platform;

import io.tailwater.embedded.FreePort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A server of others, with a directory of its own that goes with it. */
public final class ForeignServer implements AutoCloseable {
  private final Path directory;
  private final Process process;

  public ForeignServer(Path directory, List<String> command) throws IOException {
    this.directory = directory;
    this.process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("log").toFile())
            .start();
  }

  /**
   * @throws IllegalStateException if it has ended
   */
  public boolean listens(int port) {
    if (!process.isAlive()) {
      throw new IllegalStateException("the server did not start: " + log());
    }
    return !FreePort.isFree(port);
  }

  /** All that it wrote. */
  public String log() {
    try {
      return Files.readString(directory.resolve("log"));
    } catch (IOException e) {
      throw new IllegalStateException("no log", e);
    }
  }

  @Override
  public void close() throws Exception {
    // At once: nginx's orderly end would wait for streams.
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    LaunchedPlatform.delete(directory);
  }
}
