package io.tailwater.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.scheduling.annotation.Scheduled;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.FollowRequest;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.slf4j.LoggerFactory;

/** Alone in its JVM, since it looks at all threads of it. */
@Isolated
final class CloseIT {
  private final Servers servers = Servers.shared();

  @Test
  void closingLeavesNoThreadBehind() {
    String name = servers.name();
    Set<String> during;
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      core.client().publish(CoreClient.event(name + ":a", "1"));
      during = threads("core-");
      assertThat(during).contains("core-fold", "core-watch", "core-broadcast", "core-grpc-1");
    }
    await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(threads("core-")).isEmpty());
    assertThat(threads("kafka-producer-network-thread | event-core")).isEmpty();
    assertThat(threads("kafka-admin-client-thread | event-core")).isEmpty();
    assertThat(threads("kafka-coordinator-heartbeat-thread | broadcast-" + name)).isEmpty();
  }

  @Test
  void closingDoesNotWaitForThoseWhoFollow() {
    String name = servers.name();
    long begun;
    try (var core = Cores.start(servers, name, Map.of()).ready()) {
      var head = core.head(name, 0);
      EventCoreGrpc.newStub(core.client().channel())
          .follow(
              FollowRequest.newBuilder()
                  .setNamespace(name)
                  .setEpoch(head.getEpoch())
                  .setAfter(head.getThrough())
                  .setWaitMs(30_000)
                  .build(),
              new CoreClient.Ignored<>());
      var waiting =
          core.context().getBean(MeterRegistry.class).get("tailwater.core.waiting").gauge();
      await().atMost(Duration.ofSeconds(30)).until(() -> waiting.value() == 1);
      begun = System.nanoTime();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
  }

  /**
   * Stopping once took a minute, once in 13 times: a task of Micronaut's looked up a bean while the
   * context closed.
   */
  @Test
  void itStopsAtOnceEveryTimeThoughItsHealthIsAskedWithoutPause() throws Exception {
    int stops = Integer.getInteger("tailwater.stops", 4);
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    log.start();
    ((Logger) LoggerFactory.getLogger("io.micronaut")).addAppender(log);
    String name = servers.name();
    Path data = servers.directory("stops");
    for (int stop = 0; stop < stops; stop++) {
      var core = Cores.start(servers, name, Map.of(), data, "event-core-1").ready();
      URI health = URI.create("http://127.0.0.1:" + core.httpPort() + "/health");
      AtomicBoolean stopped = new AtomicBoolean();
      AtomicInteger answers = new AtomicInteger();
      List<Thread> askers =
          IntStream.range(0, 3)
              .mapToObj(
                  i -> Thread.ofPlatform().name("asker").start(() -> ask(health, stopped, answers)))
              .toList();
      await().atMost(Duration.ofSeconds(30)).until(() -> answers.get() >= 10);
      long begun = System.nanoTime();
      core.close();
      Duration taken = Duration.ofNanos(System.nanoTime() - begun);
      stopped.set(true);
      for (Thread asker : askers) {
        asker.join();
      }
      assertThat(taken).as("stop " + stop).isLessThan(Duration.ofSeconds(20));
      await()
          .atMost(Duration.ofSeconds(30))
          .untilAsserted(() -> assertThat(threads("core-")).isEmpty());
    }
    ((Logger) LoggerFactory.getLogger("io.micronaut")).detachAppender(log);
    assertThat(log.list)
        .extracting(ILoggingEvent::getFormattedMessage)
        .as("what Micronaut created again")
        .noneMatch(line -> line.contains("Failed to inject") || line.contains("No bean"));
  }

  private static void ask(URI health, AtomicBoolean stopped, AtomicInteger answers) {
    while (!stopped.get()) {
      try {
        HttpURLConnection asked = (HttpURLConnection) health.toURL().openConnection();
        asked.setConnectTimeout(1_000);
        asked.setReadTimeout(5_000);
        asked.getResponseCode();
        asked.disconnect();
        answers.incrementAndGet();
      } catch (IOException e) {
        // It is stopping: there is nobody to answer.
        Thread.onSpinWait();
      }
    }
  }

  /**
   * Micronaut looks up the bean of a scheduled method at every run. In a closing context that would
   * create again what was just destroyed, and the close would wait for it.
   */
  @Test
  void nothingIsScheduledThatLooksUpABean() {
    try (var core = Cores.start(servers, servers.name(), Map.of()).ready()) {
      assertThat(core.context().getAllBeanDefinitions())
          .noneMatch(
              bean ->
                  bean.getExecutableMethods().stream()
                      .anyMatch(method -> method.hasAnnotation(Scheduled.class)));
    }
  }

  private static Set<String> threads(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .map(Thread::getName)
        .filter(name -> name.startsWith(prefix))
        .collect(Collectors.toSet());
  }
}
