package io.tailwater.system.platform;

import static org.awaitility.Awaitility.await;

import io.micronaut.context.ApplicationContext;
import io.micronaut.runtime.server.EmbeddedServer;
import java.net.URI;
import java.time.Duration;

/** One more gateway beside a platform, in this JVM, with settings of its own. */
public record ExtraGateway(ApplicationContext context, URI address) implements AutoCloseable {
  private static final Duration START_LIMIT = Duration.ofSeconds(60);

  static ExtraGateway of(ApplicationContext context) {
    return new ExtraGateway(context, context.getBean(EmbeddedServer.class).getURI());
  }

  /** Where it answers for health and metrics. */
  public URI management() {
    return Management.of(context);
  }

  /** Waits until it knows the platform's namespaces. */
  public ExtraGateway ready() {
    await().atMost(START_LIMIT).until(() -> InProcessPlatform.answers(address, "demo:start"));
    return this;
  }

  @Override
  public void close() {
    context.close();
  }
}
