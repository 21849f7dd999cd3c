package io.tailwater.servers;

import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.KafkaServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.kafka.common.utils.AppInfoParser;
import org.testcontainers.kafka.KafkaContainer;
import org.testcontainers.utility.DockerImageName;

/** A Kafka broker of the official image, of the clients' version. */
final class ContainerKafka implements KafkaServer {
  static final String IMAGE = "apache/kafka:" + AppInfoParser.getVersion();

  private static final int CONNECT_LIMIT_MS = 5_000;

  private final KafkaContainer container;

  private ContainerKafka(KafkaContainer container) {
    this.container = container;
  }

  static ContainerKafka open(Map<String, String> overrides) {
    Map<String, String> settings = new HashMap<>(EmbeddedKafka.settings());
    settings.putAll(overrides);
    KafkaContainer container = new KafkaContainer(DockerImageName.parse(IMAGE));
    container.withEnv("KAFKA_HEAP_OPTS", "-Xmx512m");
    settings.forEach((name, value) -> container.withEnv(variable(name), value));
    ContainerKafka kafka = new ContainerKafka(container);
    try {
      container.start();
      kafka.reach();
      return kafka;
    } catch (RuntimeException e) {
      kafka.close();
      throw e;
    }
  }

  /** Makes sure of what the log of a container can't tell: that it can be reached from here. */
  private void reach() {
    var address = new InetSocketAddress(container.getHost(), container.getFirstMappedPort());
    try (var socket = new Socket()) {
      socket.connect(address, CONNECT_LIMIT_MS);
    } catch (IOException e) {
      throw new IllegalStateException(
          "Kafka's container can't be reached at " + bootstrapServers(), e);
    }
  }

  /** The variable that the image reads a broker property from. */
  static String variable(String property) {
    return "KAFKA_" + property.replace('.', '_').toUpperCase(Locale.ROOT);
  }

  @Override
  public String bootstrapServers() {
    return container.getBootstrapServers();
  }

  @Override
  public void close() {
    container.stop();
  }
}
