package io.tailwater.servers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Where the servers of tests run, and why.
 *
 * @param why for people
 */
record Choice(Wish wish, boolean containers, String why) {
  // For both images: who has to wait longer for them gets the embedded servers sooner.
  private static final Duration PULL_LIMIT = Duration.ofSeconds(10);

  /** Decides, within seconds; with {@link Wish#AUTO} by looking at this machine. */
  static Choice make(Wish wish) {
    List<String> images = List.of(ContainerKafka.IMAGE, ContainerRedis.IMAGE);
    return switch (wish) {
      case NEVER -> new Choice(wish, false, "as was asked for");
      case ALWAYS -> new Choice(wish, true, names(images));
      case AUTO -> look(preparedEngine(), images);
    };
  }

  /**
   * None where Testcontainers would ask for images of its own, which can take it minutes to do
   * without. Maven sets what it takes.
   */
  private static Optional<DockerEngine> preparedEngine() {
    boolean noReaper = Boolean.parseBoolean(System.getenv("TESTCONTAINERS_RYUK_DISABLED"));
    boolean knowsHost =
        System.getenv("TESTCONTAINERS_HOST_OVERRIDE") != null
            || !Files.exists(Path.of("/.dockerenv"));
    return noReaper && knowsHost ? DockerEngine.find() : Optional.empty();
  }

  static Choice look(Optional<DockerEngine> engine, List<String> images) {
    if (engine.isEmpty()) {
      return new Choice(Wish.AUTO, false, "no Docker engine that can be used answers");
    }
    long deadline = System.nanoTime() + PULL_LIMIT.toNanos();
    for (String image : images) {
      Duration left = Duration.ofNanos(deadline - System.nanoTime());
      if (!engine.get().has(image) && !engine.get().pull(image, left)) {
        return new Choice(
            Wish.AUTO, false, "the Docker engine has no " + image + ", nor gets it within seconds");
      }
    }
    return new Choice(Wish.AUTO, true, names(images));
  }

  Choice withoutContainers(String reason) {
    return new Choice(wish, false, reason);
  }

  private static String names(List<String> images) {
    return images.stream().collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return "Kafka and Redis of these tests: "
        + (containers ? "containers" : "embedded")
        + " ("
        + why
        + ")";
  }
}
