package io.tailwater.system;

final class WsProtobufDeliveryIT extends DeliveryContract {
  WsProtobufDeliveryIT() {
    super(Transport.WS_PROTOBUF);
  }
}
