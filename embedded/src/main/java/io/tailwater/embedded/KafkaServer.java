package io.tailwater.embedded;

/** A Kafka broker that runs, wherever it does. */
public interface KafkaServer extends AutoCloseable {
  /** Where clients connect: {@code HOST:PORT}. */
  String bootstrapServers();

  /** Stops it; returns when it has stopped. */
  @Override
  void close();
}
