package io.tailwater.launcher.platform;

import io.tailwater.launcher.data.DataDirectory;
import io.tailwater.launcher.data.PidFile;
import io.tailwater.launcher.terminal.Announcer;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every part as its own process. One that dies is started again within two seconds, with the same
 * ports and directories, unless {@code DATA/hold/NAME} exists: then when that file is gone.
 * Children are owned by the supervisor's thread.
 */
public final class Supervisor implements Platform {
  private static final Logger LOG = LoggerFactory.getLogger(Supervisor.class);
  private static final Duration READY_LIMIT = Duration.ofMinutes(3);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(12);
  private static final long READY_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(25);
  private static final long HOLD_CHECK_MS = 100;

  private final DataDirectory data;
  private final List<List<ChildSpec>> order;
  private final PidFile pids;
  private final Ticker ticker;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().name("launcher-supervisor").daemon().factory());
  // Last started, first stopped.
  private final Deque<List<Child>> waves = new ArrayDeque<>();

  /**
   * @param data holds {@code pids} and {@code hold}
   * @param order what to start together, wave after wave
   */
  Supervisor(DataDirectory data, List<List<ChildSpec>> order, Ticker ticker) {
    this.ticker = ticker;
    this.data = data;
    this.order = order;
    this.pids = new PidFile(data.of("pids"));
  }

  /** Supervises the processes of a plan. */
  public static Supervisor of(Plan plan, Ticker ticker) {
    return new Supervisor(plan.data(), new ProcessCommands(plan).order(), ticker);
  }

  @Override
  public void start(Announcer announcer) throws InterruptedException {
    for (List<ChildSpec> specs : order) {
      wave(specs, announcer);
    }
  }

  /** Starts these together and waits until all are ready. */
  private void wave(List<ChildSpec> specs, Announcer announcer) throws InterruptedException {
    List<Child> wave = specs.stream().map(Child::new).toList();
    begin(wave, announcer);
    List<Child> waiting = new ArrayList<>(wave);
    long deadline = ticker.nanos() + READY_LIMIT.toNanos();
    while (!waiting.isEmpty()) {
      for (Child child : List.copyOf(waiting)) {
        if (child.spec().ready().isReady()) {
          waiting.remove(child);
          thread.execute(child::markAnnounced);
          announcer.ready(child.spec().name(), child.spec().address());
        }
      }
      checkStart(waiting, deadline);
      ticker.sleep(READY_CHECK_NANOS);
    }
  }

  /** Returns when all of them run, so that no other program's readiness is taken for theirs. */
  private void begin(List<Child> wave, Announcer announcer) throws InterruptedException {
    Runnable launches =
        () -> {
          // After the last wave was stopped, nothing may be started that nobody would stop.
          if (stopping.get()) {
            throw new CancellationException();
          }
          waves.push(wave);
          wave.forEach(child -> launch(child, announcer));
        };
    try {
      thread.submit(launches).get();
    } catch (ExecutionException | RejectedExecutionException e) {
      throw new LaunchException("Stopped while starting.");
    }
  }

  private void checkStart(List<Child> waiting, long deadline) {
    if (stopping.get()) {
      throw new LaunchException("Stopped while starting.");
    }
    for (Child child : waiting) {
      if (child.hasFailed()) {
        throw new LaunchException(lastWords(child));
      }
      if (ticker.nanos() > deadline) {
        throw new LaunchException(
            child.spec().name() + " did not become ready; " + data.of("logs") + " says more.");
      }
    }
  }

  /** What a process that did not start said last. */
  private static String lastWords(Child child) {
    String name = child.spec().name();
    @Nullable String said = null;
    try {
      said =
          Files.readAllLines(child.spec().output()).stream()
              .filter(line -> line.startsWith(name + " did not start: "))
              .reduce((first, second) -> second)
              .orElse(null);
    } catch (IOException e) {
      LOG.debug("no output of {}", name, e);
    }
    return said != null ? said : name + " did not start; " + child.spec().output() + " says more.";
  }

  private void launch(Child child, Announcer announcer) {
    try {
      Process process = child.start(ticker.nanos());
      pids.put(child.spec().name(), process.pid());
      LOG.info("{} runs as {}", child.spec().name(), process.pid());
      process.onExit().thenAcceptAsync(ended -> died(child, ended, announcer), thread);
    } catch (IOException e) {
      LOG.warn("{} can't be started", child.spec().name(), e);
      again(child, announcer);
    }
  }

  private void died(Child child, Process ended, Announcer announcer) {
    // It was stopped, and the file of pids may be gone already.
    if (stopping.get()) {
      return;
    }
    String name = child.spec().name();
    pids.remove(name);
    LOG.warn("{} ({}) ended with {}", name, ended.pid(), ended.exitValue());
    if (!child.wasAnnounced()) {
      child.markFailed();
      return;
    }
    announcer.note(name, "died with " + ended.exitValue() + ", is started again", ended.pid());
    again(child, announcer);
  }

  private void again(Child child, Announcer announcer) {
    schedule(() -> restart(child, announcer), child.delayAfterDeath(ticker.nanos()));
  }

  private void restart(Child child, Announcer announcer) {
    if (stopping.get()) {
      return;
    }
    if (Files.exists(data.of("hold").resolve(child.spec().name()))) {
      schedule(() -> restart(child, announcer), HOLD_CHECK_MS);
      return;
    }
    launch(child, announcer);
  }

  private void schedule(Runnable task, long delayMs) {
    if (!stopping.get()) {
      var unused = thread.schedule(task, delayMs, TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    if (stopping.getAndSet(true)) {
      return;
    }
    thread.execute(this::stopAll);
    thread.shutdown();
    try {
      thread.awaitTermination(1, TimeUnit.MINUTES);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void stopAll() {
    while (!waves.isEmpty()) {
      List<Child> wave = waves.pop();
      wave.forEach(Child::terminate);
      try {
        for (Child child : wave) {
          child.awaitEnd(STOP_LIMIT);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    pids.delete();
  }
}
