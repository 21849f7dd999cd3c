package io.tailwater.edge.backend;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.util.List;

/**
 * Where the backend is. Immutable.
 *
 * @param backends addresses of the backend, {@code host:port} of its gRPC; a name may stand for
 *     several instances; none if nothing answers calls
 */
@ConfigurationProperties("tailwater.edge")
record BackendConfiguration(@Bindable(defaultValue = "") List<String> backends) {
  /** Refuses values out of bounds. */
  BackendConfiguration {
    backends = backends.stream().filter(text -> !text.isBlank()).toList();
    if (!backends.isEmpty()) {
      new Bounds("tailwater.edge").addresses("backends", backends, "backend");
    }
  }
}
