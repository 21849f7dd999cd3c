package io.tailwater.edge.frames;

import io.tailwater.edge.access.Access;
import io.tailwater.edge.acks.ReadMarks;
import io.tailwater.edge.backend.Calls;
import io.tailwater.edge.backend.KnownConnections;
import io.tailwater.edge.connection.RetryDelay;
import io.tailwater.edge.connection.Subscriptions;
import io.tailwater.edge.log.Namespaces;
import io.tailwater.edge.publish.Publishing;
import io.tailwater.edge.session.HandOvers;
import io.tailwater.edge.session.OpenCalls;
import io.tailwater.edge.session.Sessions;
import io.tailwater.edge.websocket.WebSocketConfiguration;
import java.time.InstantSource;

/** What all conversations share. Immutable. */
record FramesParts(
    Access access,
    Namespaces namespaces,
    Subscriptions subscriptions,
    Sessions sessions,
    HandOvers handOvers,
    OpenCalls openCalls,
    KnownConnections known,
    Publishing publishing,
    ReadMarks marks,
    Calls calls,
    RetryDelay retryDelay,
    FramesConfiguration configuration,
    WebSocketConfiguration socket,
    FramesMetrics metrics,
    InstantSource clock) {}
