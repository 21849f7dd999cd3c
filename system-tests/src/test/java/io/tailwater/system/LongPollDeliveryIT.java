package io.tailwater.system;

final class LongPollDeliveryIT extends DeliveryContract {
  LongPollDeliveryIT() {
    super(Transport.LONG_POLL);
  }
}
