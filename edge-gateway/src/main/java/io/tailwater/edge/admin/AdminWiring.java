package io.tailwater.edge.admin;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.Connections;
import io.tailwater.edge.RedisBus;

/** Makes the parts of this package. */
@Factory
final class AdminWiring {
  @Context
  AllGateways gateways(Connections connections, RedisBus bus) {
    AllGateways gateways = new AllGateways(connections, bus);
    gateways.listen();
    return gateways;
  }
}
