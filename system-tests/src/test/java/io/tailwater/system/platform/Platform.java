package io.tailwater.system.platform;

import java.net.URI;
import java.util.List;

/** A running Tailwater with two event-cores, two gateways or more, a Kafka and a Redis. */
public interface Platform extends AutoCloseable {
  /** The gateways, each by its own address. */
  List<URI> gateways();

  /** Kafka. */
  String bootstrapServers();
}
