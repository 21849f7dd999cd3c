package io.tailwater.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.tailwater.core.BroadcastPort;
import io.tailwater.core.FoldGate;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * What every transport has to keep, whatever fails: nothing lost, nothing repeated, nothing out of
 * order, no undue reset, checked against Kafka itself. What fails beneath all transports happens to
 * readers that roam over all of them in {@code mvn verify}, and to each transport alone with {@code
 * -Plong}.
 */
@OnPlatforms
abstract class DeliveryContract {
  private static final Publishers.Load LOAD = new Publishers.Load(4, Scale.of(60, 600), 15, 2_000);
  private static final int CUT_MS = 20;
  private static final int PROGRESS = Scale.of(100, 1_000);

  private static final List<String> EVENT_CORES =
      List.of("event-core-1", "event-core-2").subList(0, Scale.of(1, 2));

  private final Transport transport;

  DeliveryContract(Transport transport) {
    this.transport = transport;
  }

  @Test
  void keepsEveryEventWhileReadersAreCutAndChangeGateways(InProcessPlatform platform)
      throws Exception {
    deliver(platform, "cuts", LOAD, CUT_MS, delivery -> delivery.awaitPublications(PROGRESS));
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileSegmentsAreDroppedRepeatedAndReordered(BreakablePlatform platform)
      throws Exception {
    List<BroadcastPort> ports = platform.broadcastPorts();
    ports.forEach(port -> port.fault(GarbledSegments::new));
    try {
      deliver(platform, "garbled", LOAD, CUT_MS, delivery -> delivery.awaitPublications(PROGRESS));
    } finally {
      ports.forEach(port -> port.fault(sink -> sink));
    }
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileOneEventCoreIsFiveSecondsBehind(BreakablePlatform platform)
      throws Exception {
    FoldGate gate = platform.foldGate(0);
    // Half of all publications wait for that fold's verdict: few, so that it does not take for
    // ever.
    Publishers.Load load = new Publishers.Load(8, Scale.of(6, 60), 15, 2_000);
    try {
      deliver(
          platform,
          "behind",
          load,
          CUT_MS,
          delivery -> {
            gate.delay(Duration.ofSeconds(5));
            delivery.awaitPublications(Scale.of(100, 600));
            gate.open();
            delivery.awaitPublications(PROGRESS);
          });
    } finally {
      gate.open();
    }
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileRedisIsKilledAndComesBack(BreakablePlatform platform) throws Exception {
    deliver(platform, "redis", LOAD, CUT_MS, delivery -> withoutRedis(platform, delivery, 2));
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileRedisIsGoneForTwentySeconds(BreakablePlatform platform)
      throws Exception {
    deliver(platform, "redis 20", LOAD, CUT_MS, delivery -> withoutRedis(platform, delivery, 20));
  }

  private static void withoutRedis(BreakablePlatform platform, Delivery delivery, int seconds) {
    try {
      platform.redis().kill();
      long until = System.nanoTime() + Duration.ofSeconds(seconds).toNanos();
      delivery.awaitPublications(PROGRESS);
      await().atMost(Duration.ofSeconds(seconds + 5)).until(() -> System.nanoTime() > until);
    } finally {
      platform.redis().start();
    }
    delivery.awaitPublications(PROGRESS);
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileAGatewayIsKilledAndComesBack(LaunchedPlatform platform)
      throws Exception {
    deliver(
        platform,
        "gateway",
        LOAD,
        CUT_MS,
        delivery -> {
          platform.hold("edge-gateway-1");
          delivery.awaitPublications(PROGRESS);
          platform.release("edge-gateway-1");
          delivery.awaitPublications(PROGRESS);
        });
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileAnEventCoreIsKilledAndComesBack(LaunchedPlatform platform)
      throws Exception {
    deliver(
        platform,
        "event-core",
        LOAD,
        CUT_MS,
        delivery -> {
          for (String part : EVENT_CORES) {
            platform.hold(part);
            delivery.awaitPublications(PROGRESS);
            platform.release(part);
            delivery.awaitPublications(PROGRESS);
          }
        });
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileAnEventCoreLosesItsDirectory(LaunchedPlatform platform)
      throws Exception {
    deliver(
        platform,
        "directory",
        LOAD,
        CUT_MS,
        delivery -> {
          platform.hold("event-core-2");
          LaunchedPlatform.delete(platform.directory("event-core-2"));
          platform.release("event-core-2");
          delivery.awaitPublications(PROGRESS);
        });
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileKafkaIsKilledAndComesBack(LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        "kafka",
        LOAD,
        CUT_MS,
        delivery -> {
          platform.hold("kafka");
          platform.release("kafka");
          delivery.awaitPublications(PROGRESS);
        });
  }

  @Test
  @Tag("long")
  void keepsEveryEventWhileEverythingButKafkaIsKilledAtOnce(LaunchedPlatform platform)
      throws Exception {
    List<String> parts =
        List.of("edge-gateway-1", "edge-gateway-2", "event-core-1", "event-core-2", "redis");
    deliver(
        platform,
        "everything",
        LOAD,
        CUT_MS,
        delivery -> {
          parts.forEach(platform::kill);
          parts.forEach(platform::awaitReady);
          delivery.awaitPublications(PROGRESS);
        });
  }

  private void deliver(
      Platform platform, String name, Publishers.Load load, int cutMs, Delivery.Fault fault)
      throws Exception {
    try (Delivery delivery = new Delivery(platform, transport, name + " " + transport)) {
      Ledger.Report report = delivery.run(load, cutMs, fault);
      assertThat(report.isClean()).as(report.toString()).isTrue();
    }
  }
}
