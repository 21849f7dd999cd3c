package io.tailwater.core.topic;

import io.micronaut.configuration.kafka.config.DefaultKafkaConsumerConfiguration;
import io.micronaut.configuration.kafka.config.DefaultKafkaProducerConfiguration;
import io.micronaut.configuration.kafka.config.KafkaDefaultConfiguration;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Properties;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClient;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Safe for any thread: creates the Kafka clients from micronaut-kafka's configuration ({@code
 * kafka.*}), with the settings that the guarantees and latencies need.
 */
@Singleton
public final class KafkaClients {
  private static final int MAX_RECONNECT_MS = 1_000;
  private static final int CONNECT_MS = 2_000;
  private static final int ASK_MS = 2_500;
  private static final int METADATA_AGE_MS = 30_000;

  /** How long a fetch waits at the broker for data; a seek may have to wait for it. */
  private static final int FETCH_WAIT_MS = 250;

  private static final int FETCH_BYTES = 16 << 20;
  private static final int POLL_RECORDS = 5_000;
  private static final int SESSION_MS = 6_000;
  private static final int HEARTBEAT_MS = 2_000;
  private static final int PRODUCE_REQUEST_MS = 3_000;

  /**
   * Longest that a send may block its thread. Topics are known from the start and memory suffices,
   * so a send blocks only if Kafka has never answered.
   */
  private static final int SEND_BLOCK_MS = 1_000;

  private final Properties common;
  private final Properties consumers;
  private final Properties producers;

  KafkaClients(
      KafkaDefaultConfiguration common,
      DefaultKafkaConsumerConfiguration<?, ?> consumers,
      DefaultKafkaProducerConfiguration<?, ?> producers) {
    this.common = common.getConfig();
    this.consumers = consumers.getConfig();
    this.producers = producers.getConfig();
  }

  /** The addresses of Kafka, for messages. */
  public String servers() {
    return common.getProperty(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, "localhost:9092");
  }

  /** The client of the watch, for questions about topics. */
  public AdminClient admin(String clientId) {
    Properties properties = new Properties();
    properties.putAll(common);
    connection(properties, clientId);
    properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, ASK_MS);
    properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, ASK_MS - 500);
    return AdminClient.create(properties);
  }

  /** The consumer that feeds the fold: partitions are assigned to it, and it is in no group. */
  public KafkaConsumer<byte[], byte[]> fold(String clientId) {
    Properties properties = consumer(clientId);
    properties.remove(ConsumerConfig.GROUP_ID_CONFIG);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
    properties.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
    properties.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MS);
    properties.put(ConsumerConfig.FETCH_MAX_BYTES_CONFIG, FETCH_BYTES);
    properties.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS);
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /** A member of the group that shares the broadcasting; it fetches nothing. */
  public KafkaConsumer<byte[], byte[]> member(String clientId, String group) {
    Properties properties = consumer(clientId);
    properties.put(ConsumerConfig.GROUP_ID_CONFIG, group);
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
    properties.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, SESSION_MS);
    properties.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, HEARTBEAT_MS);
    properties.put(
        ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
        CooperativeStickyAssignor.class.getName());
    return new KafkaConsumer<>(
        properties, new ByteArrayDeserializer(), new ByteArrayDeserializer());
  }

  /**
   * The producer of publications.
   *
   * @param delivery after which a record that Kafka has not acknowledged has failed
   * @param buffer memory for records that were not sent yet, bytes
   */
  public KafkaProducer<byte[], byte[]> producer(String clientId, Duration delivery, long buffer) {
    Properties properties = new Properties();
    properties.putAll(producers);
    connection(properties, clientId);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
    properties.put(ProducerConfig.LINGER_MS_CONFIG, 0);
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, (int) delivery.toMillis());
    properties.put(
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
        (int) Math.min(PRODUCE_REQUEST_MS, delivery.toMillis()));
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, SEND_BLOCK_MS);
    properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, buffer);
    // A topic that nobody publishes to stays known, so that a send never waits for its metadata.
    properties.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, Duration.ofDays(7).toMillis());
    return new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer());
  }

  private Properties consumer(String clientId) {
    Properties properties = new Properties();
    properties.putAll(consumers);
    connection(properties, clientId);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
    properties.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 2 * ASK_MS);
    return properties;
  }

  private static void connection(Properties properties, String clientId) {
    properties.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
    properties.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, MAX_RECONNECT_MS);
    properties.put(CommonClientConfigs.SOCKET_CONNECTION_SETUP_TIMEOUT_MS_CONFIG, CONNECT_MS);
    properties.put(CommonClientConfigs.METADATA_MAX_AGE_CONFIG, METADATA_AGE_MS);
  }
}
