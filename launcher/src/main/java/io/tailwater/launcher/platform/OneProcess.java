package io.tailwater.launcher.platform;

import io.micronaut.context.ApplicationContext;
import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.launcher.terminal.Announcer;
import io.tailwater.launcher.terminal.LaunchException;
import io.tailwater.service.Ticker;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every part in this JVM, except Redis, which is its child: the least memory and the quickest
 * start.
 */
public final class OneProcess implements Platform {
  private static final Logger LOG = LoggerFactory.getLogger(OneProcess.class);
  private static final ThreadFactory THREADS =
      Thread.ofPlatform().name("launcher-start-", 1).daemon().factory();
  private static final long READY_CHECK_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long READY_LIMIT_SECONDS = 180;

  private final Plan plan;
  private final Ticker ticker;
  private final Readiness readiness = new Readiness();
  // Guarded by this. Last started, first stopped.
  private final Deque<AutoCloseable> started = new ArrayDeque<>();
  private boolean closed;

  public OneProcess(Plan plan, Ticker ticker) {
    this.ticker = ticker;
    this.plan = plan;
  }

  @Override
  public void start(Announcer announcer) throws InterruptedException {
    together(List.of(() -> kafka(announcer), () -> redis(announcer)));
    together(services(plan.eventCoreSpecs(), announcer));
    together(services(plan.edgeSpecs(), announcer));
  }

  private void kafka(Announcer announcer) {
    try {
      var kafka = EmbeddedKafka.open(plan.data().of("kafka"), plan.ports().kafka());
      keep(kafka);
      announcer.ready("kafka", kafka.bootstrapServers());
    } catch (IllegalStateException e) {
      throw new LaunchException(e.getMessage() + ".");
    }
  }

  private void redis(Announcer announcer) {
    try {
      var redis = EmbeddedRedis.open(plan.ports().redis());
      keep(redis);
      announcer.ready("redis", redis.uri());
    } catch (IllegalStateException e) {
      throw new LaunchException(e.getMessage() + ".");
    }
  }

  private List<Step> services(List<ServiceSpec> specs, Announcer announcer) {
    List<Step> steps = new ArrayList<>();
    specs.forEach(spec -> steps.add(() -> service(spec, announcer)));
    return steps;
  }

  private void service(ServiceSpec spec, Announcer announcer) throws InterruptedException {
    ApplicationContext context = spec.service().start(spec.name(), spec.properties());
    keep(context);
    long deadline = ticker.nanos() + TimeUnit.SECONDS.toNanos(READY_LIMIT_SECONDS);
    while (!readiness.isReady(spec.healthPort())) {
      if (ticker.nanos() > deadline) {
        throw new LaunchException(
            spec.name() + " did not become ready; " + plan.data().log("tailwater") + " says more.");
      }
      ticker.sleep(READY_CHECK_NANOS);
    }
    announcer.ready(spec.name(), spec.address());
  }

  private interface Step {
    void run() throws InterruptedException;
  }

  private static void together(List<Step> steps) throws InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(steps.size(), THREADS)) {
      List<Future<?>> running = new ArrayList<>();
      for (Step step : steps) {
        running.add(
            threads.submit(
                () -> {
                  step.run();
                  return null;
                }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LaunchException sentence) {
        throw sentence;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private synchronized void keep(AutoCloseable part) {
    if (closed) {
      stop(part);
      throw new LaunchException("Stopped while starting.");
    }
    started.push(part);
  }

  @Override
  public synchronized void close() {
    closed = true;
    while (!started.isEmpty()) {
      stop(started.pop());
    }
  }

  private static void stop(AutoCloseable part) {
    try {
      part.close();
    } catch (Exception e) {
      LOG.warn("a part did not stop in order", e);
    }
  }
}
