package io.tailwater.edge.admin;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.connection.ConnectionAdmin;
import io.tailwater.redis.RedisListener;
import io.tailwater.redis.RedisPublisher;

/** Makes the parts of this package. */
@Factory
final class AdminWiring {
  @Context
  AllGateways gateways(
      ConnectionAdmin connections, RedisPublisher publisher, RedisListener listener) {
    AllGateways gateways = new AllGateways(connections, publisher, listener);
    gateways.listen();
    return gateways;
  }
}
