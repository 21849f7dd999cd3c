package io.tailwater.core.topic;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Namespaces of tests: the usual rules, but for what a test depends on. */
public record Rules(
    String name,
    int partitions,
    String data,
    @Nullable String retention,
    @Nullable Duration window,
    @Nullable String state) {

  /** One partition of JSON. */
  public static final Rules USUAL = new Rules("demo", 1, "json", null, null, null);

  public Rules partitions(int count) {
    return new Rules(name, count, data, retention, window, state);
  }

  public Rules data(String kind) {
    return new Rules(name, partitions, kind, retention, window, state);
  }

  public Rules retention(@Nullable String text) {
    return new Rules(name, partitions, data, text, window, state);
  }

  public Rules window(Duration duration) {
    return new Rules(name, partitions, data, retention, duration, state);
  }

  public Rules state(String kind) {
    return new Rules(name, partitions, data, retention, window, kind);
  }

  public Namespace namespace() {
    return new Namespace(
        name,
        null,
        partitions,
        "murmur2",
        retention,
        data,
        262_144,
        window,
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
        false);
  }
}
