package io.tailwater.launcher.platform;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.ParentWatch;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.MemoryExhaustion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/**
 * One service as its own process, as the supervisor starts it: {@code NAME SERVICE
 * PROPERTIES-FILE}. The configuration comes in a file, since a command line can be read by everyone
 * on the machine. Stops on SIGTERM, and when the supervisor is gone.
 */
final class ServiceProcess {
  private ServiceProcess() {}

  /** Runs until it is told to stop. */
  public static void main(String[] args) throws IOException, InterruptedException {
    ParentWatch.exitAtEndOfInput();
    Logs.bridge();
    MemoryExhaustion.endProcess();
    try {
      ApplicationContext context = Service.valueOf(args[1]).start(args[0], read(Path.of(args[2])));
      Runtime.getRuntime()
          .addShutdownHook(Thread.ofPlatform().name("launcher-stop").unstarted(context::close));
    } catch (LaunchException e) {
      System.err.println(e.getMessage());
      System.exit(e.exitCode());
    }
    new CountDownLatch(1).await();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> read(Path file) throws IOException {
    return new ObjectMapper().readValue(file.toFile(), Map.class);
  }
}
