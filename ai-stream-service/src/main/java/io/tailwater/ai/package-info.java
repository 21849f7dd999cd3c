/**
 * Runs generations. Each is a channel of its own, {@code ai:{id}}: {@code start}, {@code delta}…,
 * then {@code finish} or {@code failed}, which closes it.
 *
 * <p>The log decides everything. A generation exists once its {@code start} is stored, and whoever
 * got it stored writes it; everyone else has joined. It has ended once a closing event is stored,
 * and anyone may publish one: its producer, another instance that was told to cancel it, or one
 * that found its lease gone. The first to be stored counts, and a producer that is told {@code
 * closed} stops. So nothing has to be agreed between instances, and Redis only makes things known
 * sooner.
 *
 * <p>{@link io.tailwater.ai.Generation} is the way of a token: the model, one delta at a time, the
 * {@link io.tailwater.ai.Publisher}. At most one publication of a generation is without its
 * verdict; what the model says meanwhile goes into the next one. So the order is exact even when a
 * publication has to be tried again, and no queue is needed.
 */
@Configuration
@Requires(property = "tailwater.service", value = AiStreamService.NAME)
@NullMarked
package io.tailwater.ai;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
