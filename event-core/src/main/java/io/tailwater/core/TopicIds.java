package io.tailwater.core;

import java.lang.reflect.Field;
import java.util.Map;
import org.apache.kafka.clients.Metadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Which incarnation of a topic a consumer fetches from. The client names it in every fetch, and
 * brokers answer for no other; but it has no public way to tell. When a topic is made again it goes
 * on at its old offsets without a word, so this is the one place that looks inside it.
 *
 * <p>Ids only go from old to new: if one is still the old id after a poll, what was polled is of
 * the old topic.
 */
final class TopicIds {
  private final Metadata metadata;

  /**
   * Looks into a consumer.
   *
   * @throws IllegalStateException if this version of the client is made differently
   */
  TopicIds(KafkaConsumer<?, ?> consumer) {
    try {
      Object delegate = field(KafkaConsumer.class, "delegate").get(consumer);
      if (delegate == null
          || !(field(delegate.getClass(), "metadata").get(delegate) instanceof Metadata found)) {
        throw new NoSuchFieldException("metadata");
      }
      metadata = found;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this version of kafka-clients is not known", e);
    }
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /** The id that the consumer fetches a topic by, or null if it knows of no such topic now. */
  @Nullable String of(String topic) {
    Map<String, Uuid> ids = metadata.topicIds();
    Uuid id = ids.get(topic);
    return id == null ? null : id.toString();
  }
}
