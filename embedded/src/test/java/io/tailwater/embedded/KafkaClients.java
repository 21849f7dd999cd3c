package io.tailwater.embedded;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Plain Kafka clients against one broker and the topic {@code notes}. */
record KafkaClients(String bootstrapServers) {
  private static final String TOPIC = "notes";
  private static final Duration LIMIT = Duration.ofSeconds(30);

  void createTopic() throws Exception {
    try (var admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
      admin.createTopics(List.of(new NewTopic(TOPIC, 1, (short) 1))).all().get();
    }
  }

  void produce(String value) throws Exception {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "acks",
            "all",
            "delivery.timeout.ms",
            30_000,
            "request.timeout.ms",
            5_000);
    try (var producer =
        new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(TOPIC, value)).get();
    }
  }

  /** By a group, so that the group coordinator is proved too. */
  List<String> consume(int count) {
    Map<String, Object> settings =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "group.id",
            "readers",
            "auto.offset.reset",
            "earliest",
            "enable.auto.commit",
            false);
    var values = new ArrayList<String>();
    long deadline = System.nanoTime() + LIMIT.toNanos();
    try (var consumer =
        new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
      consumer.subscribe(List.of(TOPIC));
      while (values.size() < count && System.nanoTime() < deadline) {
        consumer.poll(Duration.ofMillis(100)).records(new TopicPartition(TOPIC, 0)).stream()
            .map(ConsumerRecord::value)
            .forEach(values::add);
      }
    }
    return values;
  }
}
