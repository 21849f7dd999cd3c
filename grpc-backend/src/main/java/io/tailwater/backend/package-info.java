/**
 * The backend of the platform: it answers the calls of clients that the gateways send over {@code
 * tailwater.backend.v1}. A service in any language that speaks the same can take its place.
 *
 * <p>{@link io.tailwater.backend.BackendEndpoint} serves gRPC. {@code method} knows what a call and
 * its arguments are. {@code chat} has the methods themselves. They wait for nothing: what they do
 * in the log comes back as a future, so calls of one stream begin in their order.
 */
@Configuration
@Requires(property = "tailwater.service", value = "grpc-backend")
@NullMarked
package io.tailwater.backend;

import io.micronaut.context.annotation.Configuration;
import io.micronaut.context.annotation.Requires;
import org.jspecify.annotations.NullMarked;
