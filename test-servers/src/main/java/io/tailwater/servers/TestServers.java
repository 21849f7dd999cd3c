package io.tailwater.servers;

import io.tailwater.embedded.EmbeddedKafka;
import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.embedded.KafkaServer;
import io.tailwater.embedded.RedisServer;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens the Kafka and the Redis that tests run against: containers of the official images, or the
 * embedded ones. {@value Wish#SWITCH} (or the environment's {@value Wish#VARIABLE}) says which:
 * {@code auto}, the default, {@code never} or {@code always}. {@code auto} takes containers if a
 * Docker engine answers on this machine and has the images or gets them within seconds. What was
 * taken is printed once, and is the same for the whole JVM.
 *
 * <p>May be used by any thread.
 */
public final class TestServers {
  private static @Nullable Choice chosen;

  private TestServers() {}

  /**
   * Starts a Kafka broker.
   *
   * @param data where an embedded one keeps its data; a container keeps it itself
   */
  public static KafkaServer kafka(Path data) {
    return kafka(data, Map.of());
  }

  /**
   * Starts a Kafka broker with the settings of {@link EmbeddedKafka#settings()}.
   *
   * @param overrides broker properties that replace those
   */
  public static KafkaServer kafka(Path data, Map<String, String> overrides) {
    return open(() -> ContainerKafka.open(overrides), () -> EmbeddedKafka.open(data, 0, overrides));
  }

  /** Starts a Redis. */
  public static RedisServer redis() {
    return open(ContainerRedis::open, EmbeddedRedis::open);
  }

  private static synchronized <T> T open(Supplier<T> container, Supplier<T> embedded) {
    if (chosen == null) {
      chosen =
          announced(
              Choice.make(Wish.of(System.getProperty(Wish.SWITCH), System.getenv(Wish.VARIABLE))));
    }
    Choice choice = chosen;
    if (!choice.containers()) {
      return embedded.get();
    }
    try {
      return container.get();
    } catch (RuntimeException e) {
      if (choice.wish() == Wish.ALWAYS) {
        throw e;
      }
      chosen = announced(choice.withoutContainers("a container did not start: " + e.getMessage()));
      return embedded.get();
    }
  }

  private static Choice announced(Choice choice) {
    System.out.println(choice);
    return choice;
  }
}
