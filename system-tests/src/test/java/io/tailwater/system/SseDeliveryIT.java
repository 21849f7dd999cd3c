package io.tailwater.system;

import java.net.URI;
import java.util.List;

final class SseDeliveryIT extends DeliveryContract {
  @Override
  Reader open(Wanted wanted, List<URI> gateways) {
    return Transport.SSE.open(wanted, gateways);
  }
}
