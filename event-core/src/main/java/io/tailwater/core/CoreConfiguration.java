package io.tailwater.core;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.core.bind.annotation.Bindable;
import io.tailwater.contract.Platform;
import io.tailwater.core.store.Store;
import io.tailwater.service.Bounds;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Configuration {@code tailwater.core}: everything of this service but its namespaces.
 *
 * @param platform name of the platform, with which its keys and channels in Redis begin; the id of
 *     the Kafka cluster if not set
 * @param data directory of the derived state; may be deleted whenever the service is not running
 * @param broadcastGroup Kafka consumer group whose members share the broadcasting of partitions
 * @param publishTimeout time after which a publication without a verdict is {@code UNAVAILABLE}
 * @param publishWindow publications of a stream without a verdict at which none are requested
 * @param publishBytes most bytes of all publications without a verdict
 * @param readTimeout longest that a read waits for the fold
 * @param pageBytes most bytes of a page's events, though never less than one event
 * @param ringBytes memory for {@code Follow}, all partitions together
 * @param followBytes most bytes of one answer of {@code Follow}, though never less than one segment
 * @param waiting most calls and publications that wait for the fold at one time
 * @param lagLimit how far behind Kafka an instance may be and still broadcast
 * @param startTimeout how long Kafka may take to answer at start
 * @param storeBytes memory of the store: block cache, indexes and events that are not flushed yet
 */
@ConfigurationProperties(CoreConfiguration.PREFIX)
record CoreConfiguration(
    @Nullable String platform,
    @Bindable(defaultValue = "data/event-core") String data,
    @Bindable(defaultValue = "tailwater-broadcast") String broadcastGroup,
    @Bindable(defaultValue = "9s") Duration publishTimeout,
    @Bindable(defaultValue = "256") int publishWindow,
    @Bindable(defaultValue = "67108864") long publishBytes,
    @Bindable(defaultValue = "2s") Duration readTimeout,
    @Bindable(defaultValue = "262144") int pageBytes,
    @Bindable(defaultValue = "67108864") long ringBytes,
    @Bindable(defaultValue = "1048576") int followBytes,
    @Bindable(defaultValue = "20000") int waiting,
    @Bindable(defaultValue = "5s") Duration lagLimit,
    @Bindable(defaultValue = "60s") Duration startTimeout,
    @Bindable(defaultValue = "134217728") long storeBytes) {

  /** Its place in the configuration. */
  static final String PREFIX = "tailwater.core";

  private static final Duration MAX_TIMEOUT = Duration.ofHours(1);

  CoreConfiguration {
    Bounds bounds = new Bounds(PREFIX);
    if (platform != null) {
      bounds.require(
          Platform.isName(platform),
          "platform",
          "\"" + platform + "\"",
          "1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'");
    }
    bounds.notBlank("data", data, "a directory");
    bounds.notBlank("broadcast-group", broadcastGroup, "the name of a consumer group");
    bounds.between("publish-timeout", publishTimeout, Duration.ofSeconds(3), MAX_TIMEOUT);
    bounds.between("publish-window", publishWindow, 1, 10_000);
    bounds.atLeast("publish-bytes", publishBytes, 1 << 20);
    bounds.between("read-timeout", readTimeout, Duration.ofMillis(1), Duration.ofSeconds(30));
    bounds.between("page-bytes", pageBytes, 1024, 1 << 20);
    bounds.atLeast("ring-bytes", ringBytes, 0);
    bounds.between("follow-bytes", followBytes, 1024, 2 << 20);
    bounds.atLeast("waiting", waiting, 1);
    bounds.between("lag-limit", lagLimit, Duration.ofSeconds(2), MAX_TIMEOUT);
    bounds.between("start-timeout", startTimeout, Duration.ofMillis(1), Duration.ofDays(1));
    bounds.atLeast("store-bytes", storeBytes, Store.MIN_BYTES);
  }
}
