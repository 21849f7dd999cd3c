package io.tailwater.system;

import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;

/** Readers that change transport and gateway at random, with the same positions. */
@Order(1)
final class RoamingDeliveryIT extends DeliveryContract {
  RoamingDeliveryIT() {
    super(Transport.ROAMING);
  }

  @Test
  @Override
  void keepsEveryEventWhileSegmentsAreDroppedRepeatedAndReordered(BreakablePlatform platform)
      throws Exception {
    super.keepsEveryEventWhileSegmentsAreDroppedRepeatedAndReordered(platform);
  }

  @Test
  @Override
  void keepsEveryEventWhileOneEventCoreIsFiveSecondsBehind(BreakablePlatform platform)
      throws Exception {
    super.keepsEveryEventWhileOneEventCoreIsFiveSecondsBehind(platform);
  }

  @Test
  @Override
  void keepsEveryEventWhileRedisIsKilledAndComesBack(BreakablePlatform platform) throws Exception {
    super.keepsEveryEventWhileRedisIsKilledAndComesBack(platform);
  }

  @Test
  @Override
  void keepsEveryEventWhileAGatewayIsKilledAndComesBack(LaunchedPlatform platform)
      throws Exception {
    super.keepsEveryEventWhileAGatewayIsKilledAndComesBack(platform);
  }

  @Test
  @Override
  void keepsEveryEventWhileAnEventCoreIsKilledAndComesBack(LaunchedPlatform platform)
      throws Exception {
    super.keepsEveryEventWhileAnEventCoreIsKilledAndComesBack(platform);
  }

  @Test
  @Override
  void keepsEveryEventWhileKafkaIsKilledAndComesBack(LaunchedPlatform platform) throws Exception {
    super.keepsEveryEventWhileKafkaIsKilledAndComesBack(platform);
  }
}
