/**
 * How a service publishes to the event-cores and reads from them: {@link
 * io.tailwater.client.Publisher} takes publish requests and returns verdicts, {@link
 * io.tailwater.client.ChannelLog} reads. Both go over a {@link io.tailwater.client.ServiceChannel},
 * which also reaches services that are not event-cores.
 *
 * <p>Nothing here blocks, so everything may be called from an event loop. Answers arrive on gRPC's
 * threads.
 */
@NullMarked
package io.tailwater.client;

import org.jspecify.annotations.NullMarked;
