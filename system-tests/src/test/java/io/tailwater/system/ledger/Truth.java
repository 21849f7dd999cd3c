package io.tailwater.system.ledger;

import io.tailwater.contract.Channel;
import io.tailwater.contract.Epoch;
import io.tailwater.contract.Position;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/**
 * What a topic holds for readers, by Kafka's own word: every committed record in offset order,
 * without those that repeat a key or come after a closing one. Read with nothing of the product but
 * the hash in an event's id.
 */
public final class Truth {
  private static final Duration POLL = Duration.ofMillis(500);

  /**
   * One event that readers are to see.
   *
   * @param key the idempotency key, empty for none
   */
  public record Event(Position id, String by, String key, String data) {}

  private record Publication(String channel, String by, String key) {}

  private final Map<Channel, List<Event>> events = new LinkedHashMap<>();
  private final Set<Publication> known = new HashSet<>();
  private final Set<Channel> closed = new HashSet<>();
  private long dropped;

  private Truth() {}

  /** Reads the whole topics of these namespaces, which have their namespace's name. */
  public static Truth read(String bootstrapServers, Set<String> namespaces) {
    Truth truth = new Truth();
    Map<String, Object> config =
        Map.of(
            "bootstrap.servers",
            bootstrapServers,
            "isolation.level",
            "read_committed",
            "auto.offset.reset",
            "none",
            "enable.auto.commit",
            false);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers));
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(config, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      for (String namespace : namespaces) {
        truth.read(consumer, namespace, describe(admin, namespace));
      }
    }
    return truth;
  }

  private static TopicDescription describe(Admin admin, String topic) {
    try {
      return admin.describeTopics(Set.of(topic)).topicNameValues().values().iterator().next().get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("Kafka does not tell of topic " + topic, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void read(
      KafkaConsumer<byte[], byte[]> consumer, String namespace, TopicDescription topic) {
    Epoch epoch = Epoch.of(topic.topicId().toString(), topic.partitions().size());
    List<TopicPartition> partitions =
        topic.partitions().stream()
            .map(partition -> new TopicPartition(topic.name(), partition.partition()))
            .toList();
    consumer.assign(partitions);
    consumer.seekToBeginning(partitions);
    Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
    while (ends.entrySet().stream()
        .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
        add(namespace, epoch, record);
      }
    }
  }

  private void add(String namespace, Epoch epoch, ConsumerRecord<byte[], byte[]> record) {
    if (record.key() == null || record.value() == null) {
      return;
    }
    String name = text(record.key());
    if (!Channel.isKey(name) || name.endsWith("*")) {
      // Of no channel: such a record comes through patterns only.
      return;
    }
    Channel channel = new Channel(namespace, name);
    String key = header(record, "tw-key");
    String by = header(record, "tw-by");
    boolean repeats = !key.isEmpty() && !known.add(new Publication(channel.toString(), by, key));
    if (repeats || closed.contains(channel)) {
      dropped++;
      return;
    }
    if (record.headers().lastHeader("tw-close") != null) {
      closed.add(channel);
    }
    events
        .computeIfAbsent(channel, c -> new ArrayList<>())
        .add(new Event(new Position(epoch, record.offset()), by, key, text(record.value())));
  }

  private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
    Header header = record.headers().lastHeader(name);
    return header == null ? "" : text(header.value());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** The events of a channel, in offset order. */
  public List<Event> events(Channel channel) {
    return events.getOrDefault(channel, List.of());
  }

  /** How many records repeated a key or came after the end of their channel. */
  long dropped() {
    return dropped;
  }
}
