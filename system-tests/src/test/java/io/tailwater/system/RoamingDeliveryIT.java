package io.tailwater.system;

final class RoamingDeliveryIT extends DeliveryContract {
  RoamingDeliveryIT() {
    super(Transport.ROAMING);
  }
}
