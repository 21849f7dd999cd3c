package io.tailwater.edge;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import jakarta.validation.constraints.NotEmpty;
import jakarta.validation.constraints.Size;
import java.util.List;

/**
 * Settings of the gateway.
 *
 * @param eventCores addresses of the event-cores, {@code host:port} of their gRPC
 * @param jwtKey secret that tokens and tickets are signed with (HS256), base64url, at least 32
 *     bytes
 * @param origins web origins whose pages may use this gateway, e.g. {@code
 *     https://app.example.com}; {@code *}: any, without credentials
 * @param dev demo page and fault buttons, for the launcher only: they let anyone reset connections
 * @param devKill whether one of those buttons may end this process
 */
@ConfigurationProperties("tailwater.edge")
public record EdgeConfiguration(
    @NotEmpty List<String> eventCores,
    @Size(min = 43) String jwtKey,
    @Bindable(defaultValue = "") List<String> origins,
    @Bindable(defaultValue = "false") boolean dev,
    @Bindable(defaultValue = "false") boolean devKill) {}
