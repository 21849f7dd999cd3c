package io.tailwater.core;

import io.micronaut.context.annotation.ConfigurationProperties;
import io.micronaut.context.exceptions.ConfigurationException;
import io.micronaut.core.bind.annotation.Bindable;
import java.time.Duration;

/**
 * Configuration {@code tailwater.core}: everything of this service but its namespaces.
 *
 * @param data directory of the derived state; may be deleted whenever the service is not running
 * @param broadcastGroup Kafka consumer group whose members share the broadcasting of partitions
 * @param publishTimeout time after which a publication without a verdict is {@code UNAVAILABLE}
 * @param publishWindow most publications of one stream without a verdict
 * @param publishBytes most bytes of all publications without a verdict
 * @param readTimeout longest that a read waits for the fold
 * @param pageBytes most bytes of a page's events, though never less than one event
 * @param ringBytes memory for {@code Follow}, all partitions together
 * @param followBytes most bytes of one answer of {@code Follow}, though never less than one segment
 * @param waiting most calls and publications that wait for the fold at one time
 * @param lagLimit how far behind Kafka an instance may be and still broadcast
 * @param startTimeout how long Kafka may take to answer at start
 * @param cacheBytes block cache of the store
 */
@ConfigurationProperties("tailwater.core")
record CoreConfiguration(
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
    @Bindable(defaultValue = "67108864") long cacheBytes) {

  CoreConfiguration {
    require(!data.isBlank(), "data", "a directory");
    require(!broadcastGroup.isBlank(), "broadcast-group", "the name of a consumer group");
    require(publishTimeout.compareTo(Duration.ofSeconds(3)) >= 0, "publish-timeout", "3s or more");
    require(publishWindow >= 1 && publishWindow <= 10_000, "publish-window", "1 to 10000");
    require(publishBytes >= 1 << 20, "publish-bytes", "1048576 or more");
    require(
        readTimeout.isPositive() && readTimeout.compareTo(Duration.ofSeconds(30)) <= 0,
        "read-timeout",
        "up to 30s");
    require(pageBytes >= 1024 && pageBytes <= 1 << 20, "page-bytes", "1024 to 1048576");
    require(ringBytes >= 0, "ring-bytes", "0 or more");
    require(followBytes >= 1024 && followBytes <= 2 << 20, "follow-bytes", "1024 to 2097152");
    require(waiting >= 1, "waiting", "1 or more");
    require(lagLimit.compareTo(Duration.ofSeconds(2)) >= 0, "lag-limit", "2s or more");
    require(startTimeout.isPositive(), "start-timeout", "a time, for instance 60s");
    require(cacheBytes >= 1 << 20, "cache-bytes", "1048576 or more");
  }

  private static void require(boolean good, String key, String accepted) {
    if (!good) {
      throw new ConfigurationException("tailwater.core." + key + " must be " + accepted);
    }
  }
}
