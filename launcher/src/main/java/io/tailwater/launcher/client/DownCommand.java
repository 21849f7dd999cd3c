package io.tailwater.launcher.client;

import io.tailwater.launcher.data.RunningPlatform;
import io.tailwater.launcher.terminal.ExitStatus;
import io.tailwater.launcher.terminal.LaunchException;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code tailwater down}: stops what {@code up} has started. */
@Command(
    name = "down",
    mixinStandardHelpOptions = true,
    description = {
      "Stops the platform on this machine, and returns when it has stopped.",
      "",
      "It is found by its data directory, which stays as it is."
    },
    footerHeading = "%nExamples:%n",
    footer = {"  ./tailwater down", "  ./tailwater down --data /tmp/tailwater"})
public final class DownCommand implements Callable<Integer> {
  private static final long LIMIT_SECONDS = 60;

  @Mixin OwnPlatform platform = new OwnPlatform();

  @Override
  public Integer call() throws InterruptedException {
    RunningPlatform running = platform.find();
    Optional<ProcessHandle> process = running.process();
    process.ifPresent(ProcessHandle::destroy);
    if (process.isPresent() && !hasEnded(process.get())) {
      throw new LaunchException(
          ExitStatus.UNAVAILABLE,
          "Process %d did not end within %d s.".formatted(running.pid(), LIMIT_SECONDS));
    }
    System.out.println("stopped");
    return ExitStatus.DONE;
  }

  private static boolean hasEnded(ProcessHandle process) throws InterruptedException {
    try {
      process.onExit().get(LIMIT_SECONDS, TimeUnit.SECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }
}
