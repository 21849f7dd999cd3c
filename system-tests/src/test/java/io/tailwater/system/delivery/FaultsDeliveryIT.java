package io.tailwater.system.delivery;

import static org.awaitility.Awaitility.await;

import io.tailwater.core.faults.BroadcastFaults;
import io.tailwater.core.faults.FoldGate;
import io.tailwater.system.Scale;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.platform.BreakablePlatform;
import io.tailwater.system.platform.GarbledSegments;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract while a broadcast, a fold or Redis fails, in one JVM. */
@Order(1)
final class FaultsDeliveryIT extends DeliveryContract {
  // While a fold is behind, half of all publications wait for its verdict: few, so that it does not
  // take for ever.
  private static final Publishers.Load FEW =
      new Publishers.Load(8, Scale.of(6, 60), Scale.of(80, 15), 2_000);

  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileOnePartAfterTheOtherFails(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "one after the other",
        FEW,
        delivery -> {
          withGarbledSegments(platform, delivery);
          withOneFoldBehind(platform, delivery);
          withoutRedis(platform, delivery, 2);
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileSegmentsAreDroppedRepeatedAndReordered(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(
        platform, transport, "garbled", LOAD, delivery -> withGarbledSegments(platform, delivery));
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileOneEventCoreIsFiveSecondsBehind(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(platform, transport, "behind", FEW, delivery -> withOneFoldBehind(platform, delivery));
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileRedisIsKilledAndComesBack(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(platform, transport, "redis", LOAD, delivery -> withoutRedis(platform, delivery, 2));
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileRedisIsGoneForTwentySeconds(
      Transport transport, BreakablePlatform platform) throws Exception {
    deliver(
        platform, transport, "redis 20", LOAD, delivery -> withoutRedis(platform, delivery, 20));
  }

  private static void withGarbledSegments(BreakablePlatform platform, Delivery delivery) {
    List<BroadcastFaults> faults = platform.broadcastFaults();
    faults.forEach(each -> each.inject(GarbledSegments::new));
    try {
      delivery.awaitPublications(PROGRESS);
    } finally {
      faults.forEach(each -> each.inject(sink -> sink));
    }
  }

  private static void withOneFoldBehind(BreakablePlatform platform, Delivery delivery) {
    FoldGate gate = platform.foldGate(0);
    try {
      gate.delay(Duration.ofSeconds(5));
      delivery.awaitPublications(Scale.of(100, 600));
    } finally {
      gate.open();
    }
    delivery.awaitPublications(PROGRESS);
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
}
