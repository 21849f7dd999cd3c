package io.tailwater.system.delivery;

import io.tailwater.system.clients.Transport;
import io.tailwater.system.platform.InProcessPlatform;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contract over each transport: readers are cut and change gateways. */
final class CutsDeliveryIT extends DeliveryContract {
  @ParameterizedTest
  @MethodSource("read")
  void keepsEveryEventWhileReadersAreCutAndChangeGateways(
      Transport transport, InProcessPlatform platform) throws Exception {
    deliver(platform, transport, "cuts", LOAD, delivery -> delivery.awaitPublications(PROGRESS));
  }
}
