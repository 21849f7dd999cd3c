package io.tailwater.core;

import static org.awaitility.Awaitility.await;

import io.tailwater.core.fold.LogRecords;
import io.tailwater.embedded.KafkaServer;
import io.tailwater.embedded.RedisServer;
import io.tailwater.servers.TestServers;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** The one Kafka and the one Redis that all tests of this JVM share; each has topics of its own. */
final class Servers {
  private static final AtomicInteger NAMES = new AtomicInteger();
  private static @Nullable Servers shared;

  private final Path directory;
  private final KafkaServer kafka;
  private final RedisServer redis;
  private final Admin admin;

  private Servers() throws IOException {
    directory = Files.createTempDirectory("event-core-it");
    kafka =
        TestServers.kafka(
            directory.resolve("kafka"), Map.of("log.retention.check.interval.ms", "500"));
    redis = TestServers.redis();
    admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()));
  }

  static synchronized Servers shared() {
    if (shared == null) {
      try {
        shared = new Servers();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Servers servers = shared;
      Runtime.getRuntime().addShutdownHook(new Thread(servers::stop, "servers-stop"));
    }
    return shared;
  }

  private void stop() {
    admin.close(Duration.ZERO);
    redis.close();
    kafka.close();
  }

  /** A namespace's name, and its topic's, that no other test has. */
  String name() {
    return "t" + NAMES.incrementAndGet();
  }

  String bootstrap() {
    return kafka.bootstrapServers();
  }

  String redis() {
    return redis.uri();
  }

  Admin admin() {
    return admin;
  }

  /** A directory that does not exist yet. */
  Path directory(String name) {
    return directory.resolve(name + "-" + NAMES.incrementAndGet());
  }

  void createTopic(String name, int partitions, Map<String, String> config)
      throws ExecutionException, InterruptedException {
    NewTopic topic = new NewTopic(name, partitions, (short) 1).configs(config);
    admin.createTopics(List.of(topic)).all().get();
  }

  /** Makes a topic again as soon as Kafka has forgotten the one that was deleted. */
  void makeAgain(String name, int partitions) {
    await()
        .atMost(Duration.ofSeconds(30))
        .ignoreExceptionsMatching(e -> e instanceof ExecutionException)
        .until(
            () -> {
              createTopic(name, partitions, Map.of());
              return true;
            });
  }

  /** The end of a partition. */
  long end(String topic, int partition) throws ExecutionException, InterruptedException {
    TopicPartition asked = new TopicPartition(topic, partition);
    return admin
        .listOffsets(Map.of(asked, OffsetSpec.latest()))
        .partitionResult(asked)
        .get()
        .offset();
  }

  /** A producer as any application would have one. */
  KafkaProducer<byte[], byte[]> producer(Map<String, Object> more) {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", bootstrap());
    properties.put("linger.ms", 0);
    properties.putAll(more);
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  /** Writes one record where Java's default partitioner puts it. */
  static void write(
      KafkaProducer<byte[], byte[]> producer, String topic, String key, String value) {
    try {
      producer
          .send(new ProducerRecord<>(topic, LogRecords.bytes(key), LogRecords.bytes(value)))
          .get();
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
