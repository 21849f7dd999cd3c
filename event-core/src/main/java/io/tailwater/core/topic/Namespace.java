package io.tailwater.core.topic;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.contract.Channel;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Partitioner;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.service.Bounds;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: configuration {@code tailwater.namespaces.NAME}, a Kafka topic with its rules.
 *
 * @param name how channels begin
 * @param topic the Kafka topic; the namespace's name if not set
 * @param partitions how many partitions the topic must have; 0 takes over the count of an existing
 *     topic, and creates a missing one with 8; of an ephemeral namespace, how many Redis channels
 * @param partitioner {@code murmur2} (Java's producer) or {@code crc32} (librdkafka's)
 * @param retention how long the topic keeps its records; if not set, a topic that is created keeps
 *     them for 7 days and an existing topic has its own
 * @param data {@code json}, {@code text} or {@code bytes}
 * @param maxEventBytes largest data of a publication; below Kafka's and gRPC's own default bounds
 * @param idempotencyWindow how long a key is remembered, by record timestamps; an hour or the
 *     retention, whichever is less, if not set
 * @param anonymousSubscribe whether a client without a token may read
 * @param anonymousPublish whether a client without a token may publish
 * @param platformOnly whether only the platform's services publish here
 * @param slowReaders {@code lag} (catch up from the log), {@code latest} (skip to the newest) or
 *     {@code disconnect}
 * @param ephemeral its events go to connected readers and are stored nowhere: it has no topic
 */
@EachProperty(Namespace.PREFIX)
public record Namespace(
    @Parameter String name,
    @Nullable String topic,
    @Bindable(defaultValue = "0") int partitions,
    @Bindable(defaultValue = "murmur2") String partitioner,
    @Nullable Duration retention,
    @Bindable(defaultValue = "json") String data,
    @Bindable(defaultValue = "262144") int maxEventBytes,
    @Nullable Duration idempotencyWindow,
    @Bindable(defaultValue = "false") boolean anonymousSubscribe,
    @Bindable(defaultValue = "false") boolean anonymousPublish,
    @Bindable(defaultValue = "false") boolean platformOnly,
    @Bindable(defaultValue = "lag") String slowReaders,
    @Bindable(defaultValue = "false") boolean ephemeral) {

  /** Its place in the configuration. */
  public static final String PREFIX = "tailwater.namespaces";

  /** How many partitions a topic has that is created without a configured count. */
  static final int USUAL_PARTITIONS = 8;

  private static final Duration USUAL_RETENTION = Duration.ofDays(7);
  private static final Duration USUAL_WINDOW = Duration.ofHours(1);
  private static final int MAX_PARTITIONS = 4096;
  private static final int MAX_EVENT_BYTES = 1_000_000;
  private static final Duration MAX_RETENTION = Duration.ofDays(36_500);

  /** Refuses values out of bounds. */
  public Namespace {
    new Bounds(PREFIX)
        .require(
            Channel.isNamespace(name),
            name,
            "not a name",
            "names of a lower-case letter, then up to 31 of a-z, 0-9 and '-'");
    Bounds bounds = new Bounds(PREFIX + "." + name);
    if (topic != null) {
      bounds.notBlank("topic", topic, "the name of a Kafka topic");
    }
    bounds.between("partitions", partitions, 0, MAX_PARTITIONS);
    bounds.oneOf("partitioner", partitioner, "murmur2", "crc32");
    bounds.oneOf("data", data, "json", "text", "bytes");
    if (retention != null) {
      bounds.between("retention", retention, Duration.ofSeconds(1), MAX_RETENTION);
    }
    bounds.between("max-event-bytes", maxEventBytes, 1, MAX_EVENT_BYTES);
    if (idempotencyWindow != null) {
      Duration longest = retention == null ? MAX_RETENTION : retention;
      bounds.between("idempotency-window", idempotencyWindow, Duration.ZERO, longest);
    }
    bounds.oneOf("slow-readers", slowReaders, "lag", "latest", "disconnect");
    if (ephemeral) {
      partitions = partitions == 0 ? USUAL_PARTITIONS : partitions;
      requireUnset(bounds, topic == null, "topic", topic);
      requireUnset(bounds, slowReaders.equals("lag"), "slow-readers", slowReaders);
      requireUnset(bounds, !platformOnly, "platform-only", platformOnly);
    }
  }

  private static void requireUnset(
      Bounds bounds, boolean unset, String key, @Nullable Object value) {
    bounds.require(
        unset,
        key,
        String.valueOf(value),
        "no value, since an ephemeral namespace keeps no events");
  }

  /** The same rules with the partition count of its topic. */
  Namespace withPartitions(int count) {
    return new Namespace(
        name,
        topic,
        count,
        partitioner,
        retention,
        data,
        maxEventBytes,
        idempotencyWindow,
        anonymousSubscribe,
        anonymousPublish,
        platformOnly,
        slowReaders,
        ephemeral);
  }

  /** The name of the Kafka topic. */
  public String topicName() {
    return topic == null ? name : topic;
  }

  /** The retention of a topic that is created for it. */
  Duration createdRetention() {
    return retention == null ? USUAL_RETENTION : retention;
  }

  /** How long a key is remembered, milliseconds. */
  public long windowMs() {
    if (idempotencyWindow != null) {
      return idempotencyWindow.toMillis();
    }
    return Math.min(createdRetention().toMillis(), USUAL_WINDOW.toMillis());
  }

  Partitioner hash() {
    return Partitioner.valueOf(partitioner.toUpperCase(Locale.ROOT));
  }

  DataKind kind() {
    return DataKind.valueOf(data.toUpperCase(Locale.ROOT));
  }

  /** The partition that holds the channel with this key. */
  public int home(byte[] key) {
    return HomePartition.of(hash(), key, partitions);
  }

  /** The rules, as other services read them. */
  public io.tailwater.contract.v1.Namespace toMessage(String epoch) {
    return io.tailwater.contract.v1.Namespace.newBuilder()
        .setName(name)
        .setTopic(topicName())
        .setPartitions(partitions)
        .setPartitioner(hash())
        .setData(kind())
        .setMaxEventBytes(maxEventBytes)
        .setAnonymousSubscribe(anonymousSubscribe)
        .setAnonymousPublish(anonymousPublish)
        .setPlatformOnly(platformOnly)
        .setIdempotencyWindowMs(windowMs())
        .setSlowReaders(SlowReaders.valueOf(slowReaders.toUpperCase(Locale.ROOT)))
        .setEpoch(epoch)
        .setEphemeral(ephemeral)
        .build();
  }
}
