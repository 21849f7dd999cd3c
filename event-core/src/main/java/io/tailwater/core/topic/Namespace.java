package io.tailwater.core.topic;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.contract.Channel;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Partitioner;
import io.tailwater.contract.v1.SlowReaders;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: configuration {@code tailwater.namespaces.NAME}, a Kafka topic with its rules.
 *
 * @param name how channels begin
 * @param topic the Kafka topic; the namespace's name if not set
 * @param partitions how many partitions the topic has, and has to have; of an ephemeral namespace,
 *     how many Redis channels
 * @param partitioner {@code murmur2} (Java's producer) or {@code crc32} (librdkafka's)
 * @param retention how long a topic that is created here keeps its records
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
@EachProperty("tailwater.namespaces")
public record Namespace(
    @Parameter String name,
    @Nullable String topic,
    @Bindable(defaultValue = "8") int partitions,
    @Bindable(defaultValue = "murmur2") String partitioner,
    @Bindable(defaultValue = "7d") Duration retention,
    @Bindable(defaultValue = "json") String data,
    @Bindable(defaultValue = "262144") int maxEventBytes,
    @Nullable Duration idempotencyWindow,
    @Bindable(defaultValue = "false") boolean anonymousSubscribe,
    @Bindable(defaultValue = "false") boolean anonymousPublish,
    @Bindable(defaultValue = "false") boolean platformOnly,
    @Bindable(defaultValue = "lag") String slowReaders,
    @Bindable(defaultValue = "false") boolean ephemeral) {

  private static final Duration USUAL_WINDOW = Duration.ofHours(1);
  private static final int MAX_EVENT_BYTES = 1_000_000;

  /** Refuses values outside of their bounds. */
  public Namespace {
    require(
        Channel.isNamespace(name),
        name,
        "",
        "is not a name: a lower-case letter, then up to 31 of a-z, 0-9 and '-'");
    require(topic == null || !topic.isBlank(), name, ".topic", "must be a Kafka topic");
    require(partitions >= 1 && partitions <= 4096, name, ".partitions", "must be 1 to 4096");
    require(
        partitioner.equals("murmur2") || partitioner.equals("crc32"),
        name,
        ".partitioner",
        "must be murmur2 (Java's producer) or crc32 (librdkafka's)");
    require(
        data.equals("json") || data.equals("text") || data.equals("bytes"),
        name,
        ".data",
        "must be json, text or bytes");
    require(
        retention.compareTo(Duration.ofSeconds(1)) >= 0, name, ".retention", "must be 1s or more");
    require(
        maxEventBytes >= 1 && maxEventBytes <= MAX_EVENT_BYTES,
        name,
        ".max-event-bytes",
        "must be 1 to " + MAX_EVENT_BYTES);
    require(
        idempotencyWindow == null
            || (!idempotencyWindow.isNegative() && idempotencyWindow.compareTo(retention) <= 0),
        name,
        ".idempotency-window",
        "must be at most the retention");
    require(
        slowReaders.equals("lag")
            || slowReaders.equals("latest")
            || slowReaders.equals("disconnect"),
        name,
        ".slow-readers",
        "must be lag (catch up from the log), latest (skip to the newest) or disconnect");
    if (ephemeral) {
      require(topic == null, name, ".topic", "must not be set: an ephemeral namespace has none");
      require(
          slowReaders.equals("lag"),
          name,
          ".slow-readers",
          "must not be set: slow readers of an ephemeral namespace miss its events");
      require(!platformOnly, name, ".platform-only", "must not be set for an ephemeral namespace");
    }
  }

  /** The name of the Kafka topic. */
  public String topicName() {
    return topic == null ? name : topic;
  }

  /** How long a key is remembered, milliseconds. */
  public long windowMs() {
    if (idempotencyWindow != null) {
      return idempotencyWindow.toMillis();
    }
    return (retention.compareTo(USUAL_WINDOW) < 0 ? retention : USUAL_WINDOW).toMillis();
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

  private static void require(boolean good, String name, String key, String must) {
    if (!good) {
      throw new ConfigurationException("tailwater.namespaces." + name + key + " " + must);
    }
  }
}
