package io.tailwater.system.platform;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** What others than Tailwater do to its topics. */
public final class KafkaTopics implements AutoCloseable {
  private final Map<String, Object> servers;
  private final Admin admin;

  public KafkaTopics(String bootstrapServers) {
    servers = Map.of("bootstrap.servers", bootstrapServers);
    admin = Admin.create(servers);
  }

  /** Removes what lies below this offset, as retention does. */
  public void deleteBefore(String topic, int partition, long offset) {
    await(
        admin
            .deleteRecords(
                Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(offset)))
            .all());
  }

  /** The offset that the next record gets. */
  long end(String topic, int partition) {
    TopicPartition where = new TopicPartition(topic, partition);
    return await(admin.listOffsets(Map.of(where, OffsetSpec.latest())).partitionResult(where))
        .offset();
  }

  public void delete(String topic) {
    await(admin.deleteTopics(Set.of(topic)).all());
  }

  /** Makes a topic; one that is there already is left alone. */
  public void createOnce(String topic, int partitions) {
    if (exists(topic)) {
      return;
    }
    await(
        admin
            .createTopics(
                Set.of(new NewTopic(topic, Optional.of(partitions), Optional.of((short) 1))))
            .all());
  }

  public boolean exists(String topic) {
    return await(admin.listTopics().names()).contains(topic);
  }

  /** A Java producer; transactional if it gets an id for that. */
  public KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Map<String, Object> all = new java.util.HashMap<>(servers);
    all.put("acks", "all");
    all.putAll(more);
    return new KafkaProducer<>(all, new ByteArraySerializer(), new ByteArraySerializer());
  }

  public static ProducerRecord<byte[], byte[]> record(String topic, String key, String value) {
    return new ProducerRecord<>(
        topic, key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8));
  }

  private static <T> T await(KafkaFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka refused", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    admin.close();
  }
}
