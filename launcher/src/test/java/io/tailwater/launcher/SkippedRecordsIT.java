package io.tailwater.launcher;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Records that are events of no channel are named on the terminal of {@code ./tailwater up}. */
@ExtendWith(OnUp.class)
@ResourceLock(OnUp.PLATFORM)
final class SkippedRecordsIT {
  /** A topic that no page of the guide writes to. */
  private static final String TOPIC = "ai";

  private static final int PARTITIONS = 8;

  private final UpPlatform platform;

  SkippedRecordsIT(UpPlatform platform) {
    this.platform = platform;
  }

  @Test
  void everyReasonIsSaidOnTheTerminal() throws Exception {
    byte[] key = "lobby".getBytes(StandardCharsets.UTF_8);
    byte[] value = "{}".getBytes(StandardCharsets.UTF_8);
    int home = Utils.toPositive(Utils.murmur2(key)) % PARTITIONS;
    try (var producer =
        new KafkaProducer<>(
            Map.of("bootstrap.servers", platform.kafka()),
            new ByteArraySerializer(),
            new ByteArraySerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, home, key, value));
      producer.send(new ProducerRecord<>(TOPIC, 0, null, value));
      producer.send(new ProducerRecord<>(TOPIC, home, key, null));
      producer.send(new ProducerRecord<>(TOPIC, (home + 1) % PARTITIONS, key, value));
      producer.send(new ProducerRecord<>(TOPIC, 0, new byte[] {(byte) 0xff}, value));
    }
    Set<String> reasons = new HashSet<>(List.of("no key", "null", "home", "UTF-8"));
    while (!reasons.isEmpty()) {
      String line =
          platform.awaitLine("warning: event-core skipped 1 record of namespace " + TOPIC);
      assertThat(line).contains("no client will see it");
      assertThat(reasons.removeIf(line::contains)).as(line).isTrue();
    }
  }
}
