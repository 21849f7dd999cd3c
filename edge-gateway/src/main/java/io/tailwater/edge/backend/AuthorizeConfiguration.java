package io.tailwater.edge.backend;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.service.Bounds;
import java.time.Duration;

/**
 * What the backend is asked for all namespaces, {@code tailwater.edge.authorize}. Immutable.
 *
 * @param connect whether it is asked who may open a WebSocket or a stream
 * @param call whether it is asked who may call which method
 * @param away what counts while it cannot be asked: {@code deny} or {@code allow}
 * @param within how long it has to answer
 * @param answers most answers that are remembered
 */
@ConfigurationProperties("tailwater.edge.authorize")
record AuthorizeConfiguration(
    @Bindable(defaultValue = "false") boolean connect,
    @Bindable(defaultValue = "false") boolean call,
    @Bindable(defaultValue = "deny") String away,
    @Bindable(defaultValue = "2s") Duration within,
    @Bindable(defaultValue = "10000") int answers) {
  /** Refuses values out of bounds. */
  AuthorizeConfiguration {
    Bounds bounds = new Bounds("tailwater.edge.authorize");
    bounds.oneOf("away", away, "deny", "allow");
    bounds.between("within", within, Duration.ofMillis(10), Duration.ofSeconds(30));
    bounds.between("answers", answers, 1, 10_000_000);
  }

  boolean awayAllows() {
    return away.equals("allow");
  }
}
