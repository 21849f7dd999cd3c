package io.tailwater.core.topic;

import io.micronaut.context.exceptions.ConfigurationException;
import io.tailwater.contract.Acks;
import io.tailwater.contract.Overview;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Stateless: the namespaces that every platform has for itself. Only the platform's services
 * publish there. The topics of those that have one are created like others.
 */
public final class BuiltIn {
  private static final String PLATFORM = "platform";

  private static final String TOPIC_PREFIX = "tailwater-";

  /** What is in it, such as a revocation of tokens, must not be forgotten. */
  private static final String PLATFORM_RETENTION = "forever";

  private static final int PLATFORM_EVENT_BYTES = 64 << 10;

  /** A read position is forgotten this long after it moved last. */
  private static final String ACKS_RETENTION = "90d";

  /** A report of a gateway is far smaller. */
  private static final int OVERVIEW_EVENT_BYTES = 64 << 10;

  /** Of an event with as many channels as it can have, whose names are as long as they can be. */
  private static final int ACKS_EVENT_BYTES = 512 << 10;

  private BuiltIn() {}

  /**
   * The configured namespaces and the built-in ones.
   *
   * @throws ConfigurationException if a built-in namespace is configured
   */
  public static List<Namespace> beside(List<Namespace> configured) {
    for (Namespace each : configured) {
      if (Namespace.isBuiltIn(each.name())) {
        throw new ConfigurationException(
            Namespace.PREFIX
                + "."
                + each.name()
                + ": this namespace is the platform's own; choose another name");
      }
    }
    List<Namespace> all = new ArrayList<>(configured);
    all.add(durable(Acks.NAMESPACE, 0, ACKS_RETENTION, ACKS_EVENT_BYTES, "map"));
    all.add(durable(PLATFORM, 1, PLATFORM_RETENTION, PLATFORM_EVENT_BYTES, null));
    all.add(
        namespace(
            Overview.NAMESPACE, null, 1, null, OVERVIEW_EVENT_BYTES, null, /* ephemeral= */ true));
    return all;
  }

  private static Namespace durable(
      String name, int partitions, String retention, int maxEventBytes, @Nullable String state) {
    return namespace(
        name,
        TOPIC_PREFIX + name,
        partitions,
        retention,
        maxEventBytes,
        state,
        /* ephemeral= */ false);
  }

  private static Namespace namespace(
      String name,
      @Nullable String topic,
      int partitions,
      @Nullable String retention,
      int maxEventBytes,
      @Nullable String state,
      boolean ephemeral) {
    return new Namespace(
        name,
        topic,
        partitions,
        "murmur2",
        retention,
        "json",
        maxEventBytes,
        null,
        false,
        false,
        false,
        "lag",
        false,
        null,
        false,
        state,
        false,
        false,
        "none",
        "deny",
        "none",
        Duration.ofSeconds(10),
        ephemeral);
  }
}
