package io.tailwater.system.delivery;

import io.tailwater.system.clients.Transport;
import io.tailwater.system.platform.LaunchedPlatform;
import io.tailwater.system.platform.Platforms;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.ResourceLock;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract while processes are killed with -9 and come back. */
@Order(1)
@ResourceLock(Platforms.LAUNCHED)
final class KillsDeliveryIT extends DeliveryContract {
  private static final List<String> EVENT_CORES = List.of("event-core-1", "event-core-2");

  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileOnePartAfterTheOtherIsKilledAndComesBack(
      Transport transport, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "one after the other",
        LOAD,
        delivery -> {
          for (String part : List.of("edge-gateway-1", "event-core-1", "kafka")) {
            holdAndRelease(platform, part, delivery);
          }
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileAGatewayIsKilledAndComesBack(
      Transport transport, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "gateway",
        LOAD,
        delivery -> {
          holdAndRelease(platform, "edge-gateway-1", delivery);
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileAnEventCoreIsKilledAndComesBack(
      Transport transport, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "event-core",
        LOAD,
        delivery -> {
          for (String part : EVENT_CORES) {
            holdAndRelease(platform, part, delivery);
          }
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileAnEventCoreLosesItsDirectory(
      Transport transport, LaunchedPlatform platform) throws Exception {
    deliver(
        platform,
        transport,
        "directory",
        LOAD,
        delivery -> {
          platform.hold("event-core-2");
          LaunchedPlatform.delete(platform.directory("event-core-2"));
          platform.release("event-core-2");
          delivery.awaitPublications(PROGRESS);
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileKafkaIsKilledAndComesBack(Transport transport, LaunchedPlatform platform)
      throws Exception {
    deliver(
        platform,
        transport,
        "kafka",
        LOAD,
        delivery -> {
          holdAndRelease(platform, "kafka", delivery);
        });
  }

  @Tag("long")
  @ParameterizedTest
  @MethodSource("beneath")
  void keepsEveryEventWhileEverythingButKafkaIsKilledAtOnce(
      Transport transport, LaunchedPlatform platform) throws Exception {
    List<String> parts =
        List.of("edge-gateway-1", "edge-gateway-2", "event-core-1", "event-core-2", "redis");
    deliver(
        platform,
        transport,
        "everything",
        LOAD,
        delivery -> {
          parts.forEach(platform::kill);
          parts.forEach(platform::awaitReady);
          delivery.awaitPublications(PROGRESS);
        });
  }

  /** Kafka alone has no second instance that takes publications meanwhile. */
  private static void holdAndRelease(LaunchedPlatform platform, String part, Delivery delivery) {
    platform.hold(part);
    if (!part.equals("kafka")) {
      delivery.awaitPublications(PROGRESS);
    }
    platform.release(part);
    delivery.awaitPublications(PROGRESS);
  }
}
