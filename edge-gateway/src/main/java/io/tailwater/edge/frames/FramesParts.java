package io.tailwater.edge.frames;

import io.tailwater.edge.access.Access;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.websocket.WebSocketConfiguration;
import java.time.InstantSource;

/** What all conversations share. Immutable. */
record FramesParts(
    Access access,
    Namespaces namespaces,
    Subscriptions subscriptions,
    Publishing publishing,
    RetryDelay retryDelay,
    FramesConfiguration configuration,
    WebSocketConfiguration socket,
    FramesMetrics metrics,
    InstantSource clock) {}
