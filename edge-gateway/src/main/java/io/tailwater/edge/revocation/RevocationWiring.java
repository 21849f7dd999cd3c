package io.tailwater.edge.revocation;

import io.micronaut.context.annotation.Context;
import io.micronaut.context.annotation.Factory;
import io.micronaut.serde.ObjectMapper;
import io.tailwater.edge.access.Revocations;
import io.tailwater.edge.connection.Connections;
import io.tailwater.edge.feed.Feeds;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.loop.EdgeLoops;

/** Makes the parts of this package. */
@Factory
final class RevocationWiring {
  @Context
  RevocationLog revocationLog(
      Feeds feeds,
      Namespaces namespaces,
      Connections connections,
      Revocations revocations,
      ObjectMapper json,
      EdgeLoops loops) {
    RevocationLog log =
        new RevocationLog(feeds, namespaces, connections, revocations, json, loops.any());
    log.start();
    return log;
  }
}
