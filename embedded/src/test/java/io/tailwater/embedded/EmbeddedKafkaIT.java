package io.tailwater.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedKafkaIT {
  private static final String READY = "kafka is ready: ";

  @Test
  void keepsWhatWasProducedAcrossARestartOnAnotherPort(@TempDir Path data) throws Exception {
    try (var kafka = EmbeddedKafka.open(data)) {
      var clients = new KafkaClients(kafka.bootstrapServers());
      clients.createTopic();
      clients.produce("one");
      assertThat(clients.consume(1)).containsExactly("one");
    }
    try (var kafka = EmbeddedKafka.open(data)) {
      var clients = new KafkaClients(kafka.bootstrapServers());
      clients.produce("two");
      assertThat(clients.consume(2)).containsExactly("one", "two");
    }
  }

  @Test
  void comesBackOnTheSamePortAfterKill9AndKeepsWhatWasAcknowledged(@TempDir Path data)
      throws Exception {
    String[] args = {"--data", data.toString(), "--port", Integer.toString(FreePort.choose())};
    try (var child = new JavaChild(EmbeddedKafka.class, args)) {
      var clients = new KafkaClients(child.awaitLine(READY));
      clients.createTopic();
      clients.produce("one");
      child.kill();
    }
    try (var child = new JavaChild(EmbeddedKafka.class, args)) {
      var clients = new KafkaClients(child.awaitLine(READY));
      assertThat(clients.bootstrapServers()).endsWith(":" + args[3]);
      clients.produce("two");
      assertThat(clients.consume(2)).containsExactly("one", "two");
    }
  }

  @Test
  void aProcessStopsOnSigtermAndAtTheEndOfItsInput(@TempDir Path data) throws Exception {
    try (var child = new JavaChild(EmbeddedKafka.class, "--data", data.toString())) {
      child.awaitLine(READY);
      child.process().destroy();
      assertThat(child.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
    try (var child =
        new JavaChild(EmbeddedKafka.class, "--data", data.toString(), "--exit-at-end-of-input")) {
      child.awaitLine(READY);
      child.process().getOutputStream().close();
      assertThat(child.process().waitFor(20, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void aTakenPortIsNamedInTheError(@TempDir Path data) throws Exception {
    try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(() -> EmbeddedKafka.open(data, taken.getLocalPort()))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort());
    }
  }
}
