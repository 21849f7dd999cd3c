package io.tailwater.core.topic;

import java.lang.reflect.Field;
import java.util.Map;
import org.apache.kafka.clients.Metadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * Confined to the thread of its consumer: reports which incarnation of a topic the consumer fetches
 * from. The client names the topic's id in every fetch, and brokers answer for no other topic, but
 * the client has no public method that returns it. When a topic is recreated, the client continues
 * at its old offsets without notice, so this class looks inside the client.
 *
 * <p>Ids only change from old to new: if the id is still the old one after a poll, the polled
 * records are of the old topic.
 */
public final class TopicIds {
  private final Metadata metadata;

  /**
   * Looks into a consumer.
   *
   * @throws IllegalStateException if this version of the client has other fields
   */
  public TopicIds(KafkaConsumer<?, ?> consumer) {
    try {
      Object delegate = field(KafkaConsumer.class, "delegate").get(consumer);
      if (delegate == null
          || !(field(delegate.getClass(), "metadata").get(delegate) instanceof Metadata found)) {
        throw new NoSuchFieldException("metadata");
      }
      metadata = found;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("this version of kafka-clients is unknown", e);
    }
  }

  private static Field field(Class<?> type, String name) throws NoSuchFieldException {
    Field field = type.getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  /** The id that the consumer fetches a topic by, or null if the topic is unknown to it now. */
  public @Nullable String of(String topic) {
    Map<String, Uuid> ids = metadata.topicIds();
    Uuid id = ids.get(topic);
    return id == null ? null : id.toString();
  }
}
