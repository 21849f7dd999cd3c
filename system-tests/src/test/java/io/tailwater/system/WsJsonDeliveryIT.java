package io.tailwater.system;

final class WsJsonDeliveryIT extends DeliveryContract {
  WsJsonDeliveryIT() {
    super(Transport.WS_JSON);
  }
}
