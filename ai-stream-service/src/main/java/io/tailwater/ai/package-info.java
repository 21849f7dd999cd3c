/**
 * Runs generations. Each is a channel of its own, {@code ai:{id}}: {@code start}, {@code delta}…,
 * then {@code finish} or {@code failed}, which closes it.
 *
 * <p>The log decides everything. A generation exists once its {@code start} is stored. The producer
 * that stored it writes the stream; all others have joined. It has ended once a closing event is
 * stored. Any instance may publish one: the producer, an instance that was asked to cancel it, or
 * one that found its lease gone. The first one stored counts, and a producer whose event is refused
 * as {@code closed} stops. So instances need not agree on anything, and Redis only makes things
 * known sooner.
 *
 * <p>{@link io.tailwater.ai.generation.Generation} takes a token from the model to the {@link
 * io.tailwater.ai.stream.StreamWriter}, one delta at a time. At most one event of a generation has
 * no verdict; the text that the model produces meanwhile goes into the next one. So the order is
 * exact even when an event has to be sent again, and no queue is needed.
 */
@Configuration
@Requires(property = "tailwater.service", value = AiStreamService.NAME)
@NullMarked
package io.tailwater.ai;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
