package io.tailwater.edge.publish;

import io.grpc.ManagedChannel;
import io.micrometer.core.instrument.MeterRegistry;
import io.micronaut.context.annotation.Factory;
import io.tailwater.edge.Namespaces;
import jakarta.inject.Named;
import jakarta.inject.Singleton;

/** Makes the parts of this package. */
@Factory
final class PublishWiring {
  @Singleton
  Publisher publisher(@Named("event-core") ManagedChannel eventCores, MeterRegistry meters) {
    return new Publisher(eventCores, meters);
  }

  @Singleton
  Publishing publishing(Namespaces namespaces, Publisher publisher) {
    return new Publishing(namespaces, publisher);
  }
}
