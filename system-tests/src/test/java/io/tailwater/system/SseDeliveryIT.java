package io.tailwater.system;

final class SseDeliveryIT extends DeliveryContract {
  SseDeliveryIT() {
    super(Transport.SSE);
  }
}
