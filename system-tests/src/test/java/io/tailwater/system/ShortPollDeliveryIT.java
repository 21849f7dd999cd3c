package io.tailwater.system;

final class ShortPollDeliveryIT extends DeliveryContract {
  ShortPollDeliveryIT() {
    super(Transport.SHORT_POLL);
  }
}
