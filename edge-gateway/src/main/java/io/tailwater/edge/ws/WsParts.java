package io.tailwater.edge.ws;

import io.tailwater.edge.access.Access;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import java.time.InstantSource;

/** What all conversations share. */
record WsParts(
    Access access,
    Namespaces namespaces,
    Subscriptions subscriptions,
    Publishing publishing,
    WsConfiguration configuration,
    WsMetrics metrics,
    InstantSource clock) {}
