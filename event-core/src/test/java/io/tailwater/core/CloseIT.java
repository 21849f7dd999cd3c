package io.tailwater.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.scheduling.annotation.Scheduled;
import io.tailwater.contract.v1.EventCoreGrpc;
import io.tailwater.contract.v1.FollowRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

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
      assertThat(during)
          .contains("core-fold", "core-watch", "core-broadcast", "core-publish", "core-grpc-1");
    }
    await().atMost(Duration.ofSeconds(10)).until(() -> threads("core-").isEmpty());
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
      await().until(() -> waiting.value() == 1);
      begun = System.nanoTime();
    }
    assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(15));
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
