package io.tailwater.servers;

import static org.awaitility.Awaitility.await;

import io.tailwater.embedded.EmbeddedRedis;
import io.tailwater.embedded.FreePort;
import io.tailwater.embedded.RedisServer;
import java.time.Duration;
import java.util.List;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;

/**
 * A Redis of the official image, without persistence. Its port on 127.0.0.1 is chosen here and not
 * by the engine, which would choose another when it comes back.
 *
 * <p>Confined to the thread that uses it.
 */
final class ContainerRedis implements RedisServer {
  static final String IMAGE = "redis:7-alpine";

  private static final int PORT_INSIDE = 6379;
  private static final Duration LIMIT = Duration.ofSeconds(20);

  private final GenericContainer<?> container;
  private final int port;

  private ContainerRedis(GenericContainer<?> container, int port) {
    this.container = container;
    this.port = port;
  }

  static ContainerRedis open() {
    int port = FreePort.choose();
    GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE));
    container.setPortBindings(List.of("127.0.0.1:" + port + ":" + PORT_INSIDE));
    container.withCommand("redis-server", "--save", "", "--appendonly", "no");
    ContainerRedis redis = new ContainerRedis(container, port);
    try {
      container.start();
      redis.awaitAnswers(true);
      return redis;
    } catch (RuntimeException e) {
      redis.close();
      throw e;
    }
  }

  @Override
  public String uri() {
    return "redis://127.0.0.1:" + port;
  }

  @Override
  public void start() {
    if (!container.isRunning()) {
      container.getDockerClient().startContainerCmd(container.getContainerId()).exec();
    }
    awaitAnswers(true);
  }

  @Override
  public void kill() {
    if (container.isRunning()) {
      container.getDockerClient().killContainerCmd(container.getContainerId()).exec();
    }
    awaitAnswers(false);
  }

  @Override
  public void close() {
    container.stop();
  }

  private void awaitAnswers(boolean wanted) {
    await("Redis's container at " + uri())
        .atMost(LIMIT)
        .until(() -> EmbeddedRedis.answers(port) == wanted);
  }
}
