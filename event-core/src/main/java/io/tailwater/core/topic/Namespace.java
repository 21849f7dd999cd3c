package io.tailwater.core.topic;

import io.micronaut.context.annotation.EachProperty;
import io.micronaut.context.annotation.Parameter;
import io.micronaut.core.bind.annotation.Bindable;
import io.micronaut.core.convert.ConversionService;
import io.tailwater.contract.Channel;
import io.tailwater.contract.HomePartition;
import io.tailwater.contract.Overview;
import io.tailwater.contract.v1.DataKind;
import io.tailwater.contract.v1.Partitioner;
import io.tailwater.contract.v1.PresenceKind;
import io.tailwater.contract.v1.SlowReaders;
import io.tailwater.contract.v1.StateKind;
import io.tailwater.service.Bounds;
import io.tailwater.service.DurationText;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Immutable: configuration {@code tailwater.namespaces.NAME}, a Kafka topic with its rules.
 *
 * @param name how channels begin
 * @param topic the Kafka topic; the namespace's name if not set
 * @param partitions how many partitions the topic must have; 0 takes over the count of an existing
 *     topic, and creates a missing one with 8; of an ephemeral namespace, how many Redis channels
 * @param partitioner {@code murmur2} (Java's producer) or {@code crc32} (librdkafka's)
 * @param retention how long the topic keeps its records, or {@code forever}; if not set, a topic
 *     that is created keeps them for 7 days and an existing topic has its own
 * @param data {@code json}, {@code text} or {@code bytes}
 * @param maxEventBytes largest data of a publication; below Kafka's and gRPC's own default bounds
 * @param idempotencyWindow how long a key is remembered, by record timestamps; an hour or the
 *     retention, whichever is less, if not set
 * @param anonymousSubscribe whether a client without a token may read
 * @param anonymousPublish whether a client without a token may publish
 * @param platformOnly whether only the platform's services publish here
 * @param slowReaders {@code lag} (catch up from the log), {@code latest} (skip to the newest) or
 *     {@code disconnect}
 * @param apply whether the topic's own configuration is changed at start to what is configured
 * @param patterns whether all its channels, or those with a prefix, can be subscribed to at once;
 *     if not set, yes, except in the platform's own namespaces
 * @param anonymousPatterns whether a client without a token may do that, too
 * @param state what a channel's log folds to: {@code none}, {@code map} or {@code text}; if not
 *     set, {@code text} for the AI answers and {@code none} for others
 * @param tokenSubscribe whether any token may read all its channels
 * @param ownSubscribe whether any token may read the channel whose key is its subject
 * @param authorize what the backend is asked, besides what a token allows: {@code none}, {@code
 *     subscribe}, {@code publish} or {@code both}
 * @param authorizeAway what counts while the backend cannot be asked: {@code deny} or {@code allow}
 * @param presence what is shown of the clients that ask to be seen in a channel: {@code none},
 *     {@code count} or {@code members}
 * @param presenceGrace how long a member stays whose connection broke
 * @param ephemeral its events go to connected readers and are stored nowhere: it has no topic
 */
@EachProperty(Namespace.PREFIX)
public record Namespace(
    @Parameter String name,
    @Nullable String topic,
    @Bindable(defaultValue = "0") int partitions,
    @Bindable(defaultValue = "murmur2") String partitioner,
    @Nullable String retention,
    @Bindable(defaultValue = "json") String data,
    @Bindable(defaultValue = "262144") int maxEventBytes,
    @Nullable Duration idempotencyWindow,
    @Bindable(defaultValue = "false") boolean anonymousSubscribe,
    @Bindable(defaultValue = "false") boolean anonymousPublish,
    @Bindable(defaultValue = "false") boolean platformOnly,
    @Bindable(defaultValue = "lag") String slowReaders,
    @Bindable(defaultValue = "false") boolean apply,
    @Nullable Boolean patterns,
    @Bindable(defaultValue = "false") boolean anonymousPatterns,
    @Nullable String state,
    @Bindable(defaultValue = "false") boolean tokenSubscribe,
    @Bindable(defaultValue = "false") boolean ownSubscribe,
    @Bindable(defaultValue = "none") String authorize,
    @Bindable(defaultValue = "deny") String authorizeAway,
    @Bindable(defaultValue = "none") String presence,
    @Bindable(defaultValue = "10s") Duration presenceGrace,
    @Bindable(defaultValue = "false") boolean ephemeral) {

  /** Names that the configuration may not use, whether or not they are in use yet. */
  private static final Set<String> BUILT_IN = Set.of("acks", Overview.NAMESPACE, "platform");

  /** Its place in the configuration. */
  public static final String PREFIX = "tailwater.namespaces";

  /** How many partitions a topic has that is created without a configured count. */
  static final int USUAL_PARTITIONS = 8;

  /** Namespaces whose channels belong to single users or to the platform. */
  private static final Set<String> WITHOUT_PATTERNS =
      Set.of("ai", "user", "acks", Overview.NAMESPACE, "platform");

  /** The retention of a topic that keeps all records. */
  private static final String FOREVER = "forever";

  /** The namespace of AI answers. */
  private static final String ANSWERS = "ai";

  private static final Duration USUAL_RETENTION = Duration.ofDays(7);
  private static final Duration USUAL_WINDOW = Duration.ofHours(1);
  private static final int MAX_PARTITIONS = 4096;
  private static final int MAX_EVENT_BYTES = 1_000_000;

  /** Longer than clients are told to wait before they reconnect. */
  private static final Duration MIN_GRACE = Duration.ofSeconds(5);

  private static final Duration MAX_GRACE = Duration.ofMinutes(10);
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
    Duration kept = duration(bounds, retention);
    if (kept != null) {
      bounds.between("retention", kept, Duration.ofSeconds(1), MAX_RETENTION);
    }
    bounds.between("max-event-bytes", maxEventBytes, 1, MAX_EVENT_BYTES);
    if (idempotencyWindow != null) {
      Duration longest = kept == null ? MAX_RETENTION : kept;
      bounds.between("idempotency-window", idempotencyWindow, Duration.ZERO, longest);
    }
    bounds.oneOf("slow-readers", slowReaders, "lag", "latest", "disconnect");
    bounds.require(
        !Boolean.TRUE.equals(patterns) || !(platformOnly || WITHOUT_PATTERNS.contains(name)),
        "patterns",
        "true",
        "false, since each channel of this namespace has its own readers");
    bounds.require(
        !anonymousPatterns || anonymousSubscribe,
        "anonymous-patterns",
        "true",
        "false, since anonymous-subscribe is false");
    if (state != null) {
      bounds.oneOf("state", state, "none", "map", "text");
      bounds.require(
          !state.equals("text") || data.equals("json"),
          "state",
          "text",
          "none or map, since AI answers are json and data is " + data);
    }
    bounds.oneOf("authorize", authorize, "none", "subscribe", "publish", "both");
    bounds.oneOf("authorize-away", authorizeAway, "deny", "allow");
    bounds.oneOf("presence", presence, "none", "count", "members");
    bounds.between("presence-grace", presenceGrace, MIN_GRACE, MAX_GRACE);
    bounds.require(
        presence.equals("none") || !(platformOnly || WITHOUT_PATTERNS.contains(name)),
        "presence",
        presence,
        "none, since the channels of this namespace belong to single users or to the platform");
    if (ephemeral) {
      requireUnset(bounds, state == null || state.equals("none"), "state", state);
      partitions = partitions == 0 ? USUAL_PARTITIONS : partitions;
      requireUnset(bounds, topic == null, "topic", topic);
      requireUnset(bounds, slowReaders.equals("lag"), "slow-readers", slowReaders);
      requireUnset(bounds, !apply, "apply", apply);
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

  /** Reads a duration; null if there is none, or no end. */
  private static @Nullable Duration duration(Bounds bounds, @Nullable String text) {
    if (text == null || text.equals(FOREVER)) {
      return null;
    }
    Duration duration = ConversionService.SHARED.convert(text, Duration.class).orElse(null);
    bounds.require(
        duration != null,
        "retention",
        Bounds.quoted(text),
        DurationText.ACCEPTED + ", or " + FOREVER);
    return duration;
  }

  /** Whether the topic is to keep all records. */
  public boolean isForever() {
    return FOREVER.equals(retention);
  }

  /** The configured retention; null if there is none, or if it has no end. */
  @Nullable Duration kept() {
    return duration(new Bounds(PREFIX + "." + name), retention);
  }

  /**
   * The rules on which the fold's state depends. A partition that was folded by others is folded
   * again.
   */
  public String foldRules() {
    return stateKind() == StateKind.STATE_MAP
        ? "map 1 " + (isForever() ? "forever " : "finite ") + windowMs()
        : "none";
  }

  /** What a channel's log folds to. */
  public StateKind stateKind() {
    if (state == null) {
      return name.equals(ANSWERS) && !ephemeral ? StateKind.STATE_TEXT : StateKind.STATE_NONE;
    }
    return switch (state) {
      case "map" -> StateKind.STATE_MAP;
      case "text" -> StateKind.STATE_TEXT;
      default -> StateKind.STATE_NONE;
    };
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
        apply,
        patterns,
        anonymousPatterns,
        state,
        tokenSubscribe,
        ownSubscribe,
        authorize,
        authorizeAway,
        presence,
        presenceGrace,
        ephemeral);
  }

  /** Whether a namespace is the platform's own, and not configured. */
  static boolean isBuiltIn(String name) {
    return BUILT_IN.contains(name);
  }

  /** The name of the Kafka topic. */
  public String topicName() {
    return topic == null ? name : topic;
  }

  /** The retention of a topic that is created for it, milliseconds; -1 for ever. */
  long createdRetentionMs() {
    if (isForever()) {
      return -1;
    }
    Duration kept = kept();
    return (kept == null ? USUAL_RETENTION : kept).toMillis();
  }

  /** How long a key is remembered, milliseconds. */
  public long windowMs() {
    if (idempotencyWindow != null) {
      return idempotencyWindow.toMillis();
    }
    long longest = createdRetentionMs();
    return longest < 0 ? USUAL_WINDOW.toMillis() : Math.min(longest, USUAL_WINDOW.toMillis());
  }

  /** Whether all its channels, or those with a prefix, can be subscribed to at once. */
  boolean hasPatterns() {
    return patterns == null ? !platformOnly && !WITHOUT_PATTERNS.contains(name) : patterns;
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
        .setPatterns(hasPatterns())
        .setAnonymousPatterns(anonymousPatterns)
        .setState(stateKind())
        .setRetentionForever(isForever())
        .setInternal(isBuiltIn(name))
        .setTokenSubscribe(tokenSubscribe)
        .setOwnSubscribe(ownSubscribe)
        .setAuthorizeSubscribe(authorize.equals("subscribe") || authorize.equals("both"))
        .setAuthorizePublish(authorize.equals("publish") || authorize.equals("both"))
        .setAuthorizeAwayAllow(authorizeAway.equals("allow"))
        .setPresence(PresenceKind.valueOf("PRESENCE_" + presence.toUpperCase(Locale.ROOT)))
        .setPresenceGraceMs(presenceGrace.toMillis())
        .build();
  }
}
