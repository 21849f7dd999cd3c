package io.tailwater.system.delivery;

import io.tailwater.system.Scale;
import io.tailwater.system.clients.Transport;
import io.tailwater.system.platform.LaunchedPlatform;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract while processes are killed with -9 and come back. */
@Order(1)
final class KillsDeliveryIT extends DeliveryContract {
  private static final List<String> EVENT_CORES =
      List.of("event-core-1", "event-core-2").subList(0, Scale.of(1, 2));

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
          platform.hold("edge-gateway-1");
          delivery.awaitPublications(PROGRESS);
          platform.release("edge-gateway-1");
          delivery.awaitPublications(PROGRESS);
        });
  }

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
            platform.hold(part);
            delivery.awaitPublications(PROGRESS);
            platform.release(part);
            delivery.awaitPublications(PROGRESS);
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
          platform.hold("kafka");
          platform.release("kafka");
          delivery.awaitPublications(PROGRESS);
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
}
